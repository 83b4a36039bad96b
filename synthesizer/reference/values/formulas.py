"""Bounds without probes, where an operation's record has a formula: see :mod:`grammar.operations.bounds`.

What probes find in any direction, and in the corners too, is within them. The ``inner`` units of a rounding are added
to the operands' errors here as they are there.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations import Operation
from warpsmith.grammar.operations.bounds import Spread
from warpsmith.grammar.operations.rounding import EPSILON, TINY, Rounding
from warpsmith.grammar.operations.values import DTYPES, Meaning
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import INF, Box, exact, note
from warpsmith.synthesizer.reference.values.overflow import unsettled
from warpsmith.synthesizer.reference.values.probing import OVERFLOWS, Probed

_VANISHING = 32.0
"""How many of a type's smallest steps what vanishes between may come to."""


def closed(
    operation: Operation, f: Meaning, operands: tuple[Value, ...], result: Value, by: Rounding, probed: Probed
) -> Callable[..., Box] | None:
    """The operation with a bound that a formula gives, if there is one for it; ``probed`` finds what it does not cover.

    NumPy's warnings are not silenced.

    Args:
        operation: its record.
        f: its meaning.
        operands: their types.
        result: its type.
        by: how it rounds.
        probed: the operation, probed.
    """
    floats = all(types.kind(types.scalar(t)) == "float" for t in (*operands, result))
    if not operands or not floats or by.normwise or by.least:
        return None
    if operation.rearranges:
        return _moved(f, operands, result)
    spread = operation.spread(operands) if operation.spread is not None else None
    return None if spread is None else _spreading(spread, f, operands, result, by, probed)


def _spreading(
    spread: Spread, f: Meaning, operands: tuple[Value, ...], result: Value, by: Rounding, probed: Probed
) -> Callable[..., Box]:
    """An operation whose operands' errors spread by a formula."""
    part = types.scalar(result)
    relative, least, most = (
        by.outer * EPSILON[part],
        (by.outer + _VANISHING) * TINY[part],
        float(np.finfo(DTYPES[part]).max),
    )
    inner = [by.inner * EPSILON[types.scalar(t)] for t in operands]
    many = by.degree > 2  # a product overflows before the last factor, which may be zero

    def run(*boxes: Box) -> Box:
        xs = [b.value for b in boxes]
        value = f(*xs)
        sizes = [abs(x.astype(np.float64)) for x in xs]
        size = abs(value.astype(np.float64))
        moves = [b.error + amount * s for b, amount, s in zip(boxes, inner, sizes, strict=True)]
        error = spread(xs, sizes, moves, size)
        if error is None or not math.isfinite(size.sum()):
            return unsettled(probed(*boxes), boxes, by)[0]
        error = error + (size * relative + least)
        inside = size + error < most  # not where the error is infinite or NaN
        if not inside.all():
            note(OVERFLOWS)
            error = np.where(inside, error, INF)
        box = Box(result, value, error if error.ndim else float(error))
        return unsettled((box,), boxes, by)[0] if many else box

    return run


def _moved(f: Meaning, operands: tuple[Value, ...], result: Value) -> Callable[..., Box]:
    shapes = [types.shape(t) for t in operands]
    extent = types.shape(result)

    def run(*boxes: Box) -> Box:
        value = f(*[b.value for b in boxes])
        if all(map(exact, boxes)):
            return Box(result, value)
        if not extent:
            return Box(result, value, boxes[0].error)
        error = abs(f(*[np.broadcast_to(np.float64(b.error), s)[()] for b, s in zip(boxes, shapes, strict=True)]))
        return Box(result, value, error)

    return run
