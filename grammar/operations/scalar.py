"""Choosing, comparing and rounding numbers: Warp's "Scalar Math" beside the elementary functions.

Warp's own choices, from its documentation: ``min``, ``max`` and ``clamp`` take NaN as missing (``fmin``, ``fmax``);
``sign(0)`` and ``sign(nan)`` are 1; ``step(x)`` is 1 for *negative* x; ``round`` takes halves away from zero;
``bit_count`` counts two's-complement bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from warpsmith.grammar.operations.bounds import comes_round
from warpsmith.grammar.operations.derivative import (
    Gradients,
    Kink,
    Maker,
    OperationStep,
    Rule,
    lifted,
    near,
    stepping,
    tie,
)
from warpsmith.grammar.operations.operation import Operation, Slope
from warpsmith.grammar.operations.ranges import CLAMPED, GREATEST, LEAST, Ends, corners, magnitude
from warpsmith.grammar.operations.rounding import EXACT, Bounded, Rounding
from warpsmith.grammar.operations.values import dtype_of, is_float, plain, through_float, widen
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def minimum(a: Any, b: Any | None = None) -> Any:
    """Component-wise minimum, or that of a vector's components; NaN counts as missing."""
    f = np.fmin if is_float(a) else np.minimum
    return f.reduce(a) if b is None else f(a, b)


def maximum(a: Any, b: Any | None = None) -> Any:
    """Component-wise maximum, or that of a vector's components; NaN counts as missing."""
    f = np.fmax if is_float(a) else np.maximum
    return f.reduce(a) if b is None else f(a, b)


def clamp(x: Any, low: Any, high: Any) -> Any:
    """``min(max(x, low), high)``."""
    return minimum(maximum(low, x), high)


def choose(condition: Any, x: Any, yes: float, no: float) -> Any:
    """``yes`` or ``no`` per component, in the dtype of ``x``."""
    kind = dtype_of(x)
    return plain(np.where(condition, np.array(yes).astype(kind), np.array(no).astype(kind)))


def bit_count(x: Any) -> Any:
    """Set bits of the two's-complement representation."""
    return np.int32(bin(int(x) & ((1 << 8 * x.itemsize) - 1)).count("1"))


def round_away(x: Any) -> Any:
    """C's ``round``: to the nearest integer, halves away from zero."""
    one, half = dtype_of(x)(1), dtype_of(x)(0.5)
    whole = np.trunc(x)
    return np.copysign(np.where(abs(x - whole) >= half, abs(whole) + one, abs(whole)), x)[()]


# --- derivatives -----------------------------------------------------------------------------------------------------


def _abs_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, x: float) -> tuple[float]:
        if g and not abs(x) > eps:
            raise Kink("abs at 0")
        return (math.copysign(1, x) * g,)

    return lifted(operands, number)


def _extreme_rule(name: str, sign: int) -> Maker:
    """Of ``max`` (``sign`` 1) and ``min`` (-1)."""

    def make(operands: tuple[Value, ...]) -> Rule:
        eps = near(operands)

        def number(g: float, a: float, b: float) -> tuple[float, float]:
            if g and tie(a, b, eps):
                raise Kink(f"{name} of equal values")
            return (g, 0.0) if (a - b) * sign > 0 else (0.0, g)

        def reduction(step: OperationStep, g: Any) -> Gradients:
            v = step.operands[0]
            *_, (second, _), (best, at) = sorted((x * sign, i) for i, x in enumerate(v.tolist()))
            if g and (tie(second, best, eps) or np.isnan(v).any()):
                raise Kink(f"{name} of a vector with equal components")
            gradient = np.zeros(v.shape)
            gradient[at] = g
            return (gradient,)

        return reduction if len(operands) == 1 else lifted(operands, number)

    return make


def _clamp_rule(operands: tuple[Value, ...]) -> Rule:
    """``min(max(x, low), high)``."""
    eps = near(operands)

    def number(g: float, x: float, low: float, high: float) -> tuple[float, float, float]:
        inner = max(x, low)
        if g and (tie(inner, high, eps) or (inner < high and tie(x, low, eps))):
            raise Kink("clamp at a bound")
        return (0.0, 0.0, g) if inner > high else (g, 0.0, 0.0) if x > low else (0.0, g, 0.0)

    return lifted(operands, number)


def _copysign_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, x: float, y: float) -> tuple[float, float]:
        if g and not (abs(x) > eps and abs(y) > eps):
            raise Kink("copysign at 0")
        return math.copysign(g, g * x * y), 0.0

    return lifted(operands, number)


def toward_zero(x: float) -> float:
    """The jump of ``trunc`` that is nearest to a number."""
    return round(x) or math.inf


def _halfway(x: float) -> float:
    return math.floor(x) + 0.5


def _at_zero(x: float) -> float:
    return 0.0


def _unsigned(boxes: Sequence[Bounded]) -> str:
    """IEEE 754 leaves the sign of a NaN open, but for copies."""
    return "the sign of a NaN" if np.isnan(boxes[1].value) else ""


# --- records ---------------------------------------------------------------------------------------------------------

_MONOTONE = Rounding(outer=0.0, inner=0.0, monotone=True)


def _choosing(name: str, meaning: Any, **more: Any) -> Operation:
    """One of its operands."""
    return Operation(name, meaning, rounding=_MONOTONE, signless=True, sparse=True, **more)


def _staircase(name: str, meaning: Any, jump: Any, ends: Ends | None = None) -> Operation:
    """Constant between its jumps."""
    derivative = stepping(name, jump)
    return Operation(name, meaning, rounding=EXACT, derivative=derivative, slope=Slope.CONSTANT, ends=ends)


SCALAR = (
    _choosing("min", minimum, derivative=_extreme_rule("min", -1), ends=LEAST),
    _choosing("max", maximum, derivative=_extreme_rule("max", 1), ends=GREATEST),
    _choosing("clamp", clamp, derivative=_clamp_rule, ends=CLAMPED),
    Operation("abs", lambda x: abs(x), rounding=EXACT, derivative=_abs_rule, sparse=True, ends=magnitude),
    _staircase(
        "sign", lambda x: choose(x < dtype_of(x)(0), x, -1 if np.dtype(dtype_of(x)).kind != "u" else 1, 1), _at_zero
    ),
    _staircase("step", lambda x: choose(x < dtype_of(x)(0), x, 1, 0), _at_zero),
    _staircase("nonzero", lambda x: choose(x == dtype_of(x)(0), x, 0, 1), _at_zero),
    _staircase("floor", through_float(np.floor), round, corners(np.floor)),
    _staircase("ceil", through_float(np.ceil), round, corners(np.ceil)),
    _staircase("trunc", through_float(np.trunc), toward_zero, corners(np.trunc)),
    _staircase("round", through_float(round_away), _halfway, corners(round_away)),
    _staircase("rint", through_float(np.rint), _halfway, corners(np.rint)),
    Operation(
        "frac",
        through_float(lambda x: x - np.trunc(x)),
        rounding=EXACT,
        misses=comes_round(0, period=1.0),
        sawtooth=True,
        derivative=stepping("frac", toward_zero, 1.0),
        sparse=True,
    ),
    Operation(
        "copysign",
        through_float(np.copysign),
        unsettled=_unsigned,
        rounding=EXACT,
        derivative=_copysign_rule,
        sparse=True,
    ),
    Operation("bit_count", bit_count),
    Operation("isfinite", lambda a: np.bool_(np.isfinite(widen(a)).all()), rounding=EXACT),
    Operation("isnan", lambda a: np.bool_(np.isnan(widen(a)).any()), rounding=EXACT),
    Operation("isinf", lambda a: np.bool_(np.isinf(widen(a)).any()), rounding=EXACT),
)
"""``min`` … ``clamp`` and ``isfinite`` … ``isinf`` take vectors and matrices as well."""
