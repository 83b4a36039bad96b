"""Arrays that are local to a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from warpsmith.fuzz.known.known import GRADIENT, Known
from warpsmith.fuzz.known.trees import called, calls, wherever
from warpsmith.grammar.types import Local
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, On, Unknown, place
from warpsmith.synthesizer.reference.run.tree import walk


def _has_one(tree: ast.Module) -> bool:
    return calls(tree, "zeros")


def _accesses_one(*operands: Any) -> bool:
    return any(isinstance(t, Local) for t in operands)


def _of_two_dimensions(tree: ast.Module) -> Iterator[At]:
    for node in walk(tree):
        shapes = [k.value for k in node.keywords] if isinstance(node, ast.Call) and called(node) == "zeros" else []
        if any(isinstance(shape, ast.Tuple) for shape in shapes):
            yield At(place(node), Unknown.VALUE)


KNOWN = (
    # And three others of such arrays.
    Known(
        "local-array-replayed",
        GRADIENT,
        wherever(_has_one, On(None, Unknown.ADJOINT | Unknown.REPLAY, types=_accesses_one)),
    ),
    Known("local-array-of-two-dimensions", (("options", Stage.CRASH),), _of_two_dimensions, runs=False),  # debug
)
