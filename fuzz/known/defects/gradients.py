"""Functions that call the gradient of another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from warpsmith.fuzz.known.known import Known
from warpsmith.fuzz.known.trees import called, calls
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.tree import decorated, walk


def _called_through(tree: ast.Module) -> Iterator[At]:
    """Calls of a function with ``wp.grad`` in another function, which has none itself."""
    functions = [n for n in walk(tree) if isinstance(n, ast.FunctionDef) and not decorated(n, "kernel")]
    using = {f.name for f in functions if calls(f, "grad")}
    for function in functions:
        for node in walk(function) if using and function.name not in using else ():
            if called(node) in using:
                yield At(place(node), Unknown.PATH)


KNOWN = (
    Known(
        "gradient-called-through-a-function",
        (("accepted", Stage.COMPILE), ("cuda", Stage.NVRTC)),
        _called_through,
        runs=False,
    ),
)
