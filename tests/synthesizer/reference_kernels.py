"""Kernels for the tests of the reference evaluation: a body and data, made into a program."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array, Value
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.reference import Outcome, evaluate

SCALARS = {np.dtype(types.name(t)): t for t in types.SCALARS if t is not wp.bfloat16}


class Typed:
    """Data of a type that NumPy does not tell: ``Typed(wp.vec3f, rows)`` is an array of vectors, or one vector.

    Of a struct the data are records, which :func:`~synthesizer.inputs.layout` describes.
    """

    def __init__(self, t: Value, data: Any) -> None:
        self.data = np.asarray(data, _dtype(t))
        extents = self.data.shape if types.is_struct(t) else self.data.shape[: self.data.ndim - len(types.shape(t))]
        self.type = Array(t, len(extents)) if extents else t
        self.shape = extents


def _dtype(t: Value) -> Any:
    if types.is_struct(t):
        return layout(t)
    part = types.scalar(t)
    return np.float32 if part is wp.bfloat16 else np.dtype(types.name(part))


def typed(data: Any) -> Typed:
    return data if isinstance(data, Typed) else Typed(SCALARS[np.asarray(data).dtype], data)


def kernel(body: str, arguments: dict[str, Any], *, dim: Any = 1, definitions: str = "") -> Program:
    """The program of a kernel with that body; ``definitions`` come before it."""
    given = {name: typed(data) for name, data in arguments.items()}
    parameters = ", ".join(f"{name}: {types.spelling(g.type)}" for name, g in given.items())
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    source = f"import warp as wp\n\n\n{definitions}\n\n@wp.kernel\ndef kernel({parameters}):\n{lines}"
    launch = Launch(
        (dim,) if isinstance(dim, int) else dim, tuple(Argument(n, g.type, g.shape) for n, g in given.items())
    )
    return Program(cst.parse_module(source), "kernel", launch, (), ())


def run(
    body: str, *, dim: Any = 1, definitions: str = "", adjoints: dict[str, Any] | None = None, **arguments: Any
) -> Outcome:
    """What the kernel does to the arguments."""
    program = kernel(body, arguments, dim=dim, definitions=definitions)
    data = [typed(a).data for a in arguments.values()]
    chosen = None if adjoints is None else [None if n not in adjoints else np.asarray(adjoints[n]) for n in arguments]
    return evaluate(program, data, chosen)


def value(expression: str, result: type, *, definitions: str = "", before: str = "", **arguments: Any) -> Any:
    """The value of an expression of that type."""
    out = Typed(result, np.zeros((1, *types.shape(result))))
    outcome = run(f"{before}\nout[0] = {expression}", definitions=definitions, **arguments, out=out)
    found = outcome.values[-1]
    assert found is not None
    return found[0]
