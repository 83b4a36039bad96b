"""How operations round: units in the last place, and what an exact operand makes exact.

Each rounding contributes a unit in the last place, twice what IEEE 754 allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Value

EPSILON: dict[Value, float] = {
    t: 2.0**-7 if t is wp.bfloat16 else float(np.finfo(DTYPES[t]).eps) if t in types.FLOATS else 0.0
    for t in types.SCALARS
}
"""Relative spacing of each scalar type at 1, twice the error of one rounding; 0 for integers."""

TINY: dict[Value, float] = {
    t: 2.0**-133 if t is wp.bfloat16 else float(np.finfo(DTYPES[t]).smallest_subnormal) if t in types.FLOATS else 0.0
    for t in types.SCALARS
}
"""Spacing of each scalar type at 0."""


class Bounded(Protocol):
    """A value and a bound of its error.

    Attributes:
        type: its Warp type.
        value: in NumPy.
        error: how far another correct evaluation may be from it; infinite where nothing is known.
    """

    type: Any
    value: Any
    error: Any


@dataclass(frozen=True)
class Rounding:
    """How an operation rounds.

    Attributes:
        outer: units in the last place that the result may be off, even where the operands are exact.
        inner: units that each operand is moved by in addition: rounding inside the operation, which may cancel.
        correct: with exact operands the result is exact: IEEE 754 rounds the operation correctly.
        normwise: both count units of the largest component, of all operands and of the result, not of each.
        least: units of at least that size count: a part of the operation is as large.
        monotone: rising in every operand, so that two probes show the whole range.
        degree: terms are products of so many components: they overflow long before the result does.
    """

    outer: float = 2.0
    inner: float = 4.0
    correct: bool = False
    normwise: bool = False
    least: float = 0.0
    monotone: bool = False
    degree: int = 2


RoundingMaker: TypeAlias = Callable[[tuple[Value, ...]], Rounding]
"""How an operation rounds operands of those types."""

FORMULA = Rounding()
"""A formula of several operations, each of which rounds."""

EXACT = Rounding(outer=0.0, inner=0.0)
CORRECT = Rounding(outer=1.0, inner=0.0, correct=True)
_ONCE = Rounding(outer=1.0, inner=0.0)
_HALVES = (wp.float16, wp.bfloat16)


def half(operands: tuple[Value, ...]) -> bool:
    """Whether the first operand is of a type of 16 bits."""
    return bool(operands) and types.scalar(operands[0]) in _HALVES


def fused(operands: tuple[Value, ...]) -> Rounding:
    """A product: it may be fused with the addition that takes it, and is not rounded then.

    In types of 16 bits each result is converted back from float32, which leaves nothing to fuse.
    """
    return CORRECT if all(types.scalar(t) in _HALVES for t in operands) else _ONCE


def library(outer: float) -> RoundingMaker:
    """A function of a mathematical library, off by so many units; in 16 bits computed in float32 and rounded."""
    rounding = Rounding(outer=outer, inner=0.0)
    return lambda operands: _ONCE if half(operands) else rounding


def of_square(rounding: Rounding) -> RoundingMaker:
    """Of a square matrix, terms are products of as many components as it has rows."""
    return lambda operands: replace(rounding, degree=types.shape(operands[0])[0])
