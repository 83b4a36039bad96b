"""Elementary functions of numbers: C's definitions (ISO C17 7.12) where Warp names a C function.

``acos`` and ``asin`` clamp to [-1, 1] first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from warpsmith.grammar.operations.bounds import comes_round
from warpsmith.grammar.operations.derivative import (
    Gradients,
    Inside,
    Kink,
    OperationStep,
    Rule,
    SlopeOf,
    lifted,
    near,
    smooth,
)
from warpsmith.grammar.operations.operation import Interval, Operation, Slope
from warpsmith.grammar.operations.ranges import root, wave
from warpsmith.grammar.operations.rounding import CORRECT, Bounded, library
from warpsmith.grammar.operations.scalar import clamp
from warpsmith.grammar.operations.values import dtype_of, narrow, through_double, through_float
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------

sin, cos, atan2 = map(through_float, (np.sin, np.cos, np.arctan2))


def unit(x: Any) -> Any:
    """``x`` clamped to [-1, 1]; NaN becomes -1, as ``clamp`` has it."""
    return clamp(x, dtype_of(x)(-1), dtype_of(x)(1))


acos = through_float(lambda x: np.arccos(unit(x)))
asin = through_float(lambda x: np.arcsin(unit(x)))


def erfcinv(y: float) -> float:
    """The x with ``erfc(x) = y``: a start from Winitzki's formula, then Halley steps (DLMF 7.17)."""
    if not 0.0 < y < 2.0:
        return {0.0: math.inf, 2.0: -math.inf}.get(y, math.nan)
    if y > 1.0:
        return -erfcinv(2.0 - y)
    log = math.log(y * (2.0 - y))
    half = 2.0 / (math.pi * 0.147) + log / 2.0
    x = math.sqrt(max(math.sqrt(half * half - log / 0.147) - half, 0.0))
    for _ in range(4):
        slope = 2.0 / math.sqrt(math.pi) * math.exp(-x * x)
        if slope == 0.0:
            break
        error = (math.erfc(x) - y) / slope
        x += error / (1.0 - x * error)
    return x


def erfinv(y: float) -> float:
    """The x with ``erf(x) = y``; accurate near 0 too, where ``erfc`` would cancel."""
    if not abs(y) <= 0.5:
        return math.copysign(erfcinv(1.0 - abs(y)), y) if abs(y) <= 1.0 else math.nan
    x = y * math.sqrt(math.pi) / 2.0
    for _ in range(5):
        error = (math.erf(x) - y) * math.sqrt(math.pi) / 2.0 * math.exp(x * x)
        x -= error / (1.0 + x * error)
    return x


# --- where probes miss something -------------------------------------------------------------------------------------


def _passes_a_pole(boxes: Sequence[Bounded]) -> bool:
    """Of the tangent: the sine of a distance, which is the cosine of the operand, is less than the distance."""
    (x,) = boxes
    return bool(abs(np.cos(np.float64(x.value))) <= x.error or x.error >= np.pi / 4)


def _passes_zero(boxes: Sequence[Bounded]) -> bool:
    """Of a power: whether the exponent is negative and the base may be 0."""
    base, exponent = boxes
    return bool(exponent.value - exponent.error < 0.0 and abs(np.float64(base.value)) <= base.error)


# --- derivatives -----------------------------------------------------------------------------------------------------


_ROOT = math.sqrt(math.pi) / 2
_MOST = 700.0  # beyond, the square is of no result of any x


def _power_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        x, y = map(float, step.operands)
        if not x > eps:
            raise Kink(f"pow of {x}")
        g = float(g) * float(step.result)
        return g * y / x, g * math.log(x)

    return rule


def _atan2_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, y: float, x: float) -> tuple[float, float]:
        square = x * x + y * y
        if not square > eps * eps or (x < 0 and abs(y) <= eps * -x):
            raise Kink("atan2 at 0 or its branch cut")
        return g * x / square, -g * y / square

    return lifted(operands, number)


def _positive(x: float, y: float, eps: float) -> bool:
    return x > eps


def _within_one(x: float, y: float, eps: float) -> bool:
    return abs(abs(x) - 1) > eps


def _arc(x: float) -> float:
    return 0.0 if abs(x) > 1 else 1 / math.sqrt((1 - x) * (1 + x))


# --- records ---------------------------------------------------------------------------------------------------------

_LIBRARY = library(4.0)
_INVERSE = library(512.0)  # Warp's approximation works on an argument that has lost low bits
_LOGARITHM = {"x": Interval(0.125)}
_COSINE = {"x": Interval(-1, 1)}

_WAVE = comes_round(0, period=np.pi)


def _function(
    name: str, meaning: Any, slope: SlopeOf, inside: Inside | None = None, *, steep: bool = False, **more: Any
) -> Operation:
    """A function of one number, from a mathematical library; steep where it has to be ``inside`` of something."""
    given: dict[str, Any] = {"rounding": _LIBRARY} | more
    return Operation(name, meaning, derivative=smooth(slope, inside), steep=steep or inside is not None, **given)


def _scaling(name: str, factor: float) -> Operation:
    return Operation(
        name,
        lambda x: narrow(np.float64(x) * np.float64(factor), x),
        rounding=CORRECT,
        derivative=smooth(lambda x, y: factor),
        slope=Slope.CONSTANT,
    )


ELEMENTARY = (
    _function("sin", sin, lambda x, y: math.cos(x), misses=_WAVE, ends=wave),
    _function("cos", cos, lambda x, y: -math.sin(x), misses=_WAVE, ends=wave),
    _function(
        "tan", through_float(np.tan), lambda x, y: 1 + y * y, lambda x, y, eps: abs(y) < 1 / eps, misses=_passes_a_pole
    ),
    _function("asin", asin, lambda x, y: _arc(x), _within_one, requires=_COSINE),
    _function("acos", acos, lambda x, y: -_arc(x), _within_one, requires=_COSINE),
    _function("atan", through_float(np.arctan), lambda x, y: 1 / (1 + x * x)),
    Operation("atan2", atan2, rounding=_LIBRARY, derivative=_atan2_rule, steep=True),
    _function("sinh", through_float(np.sinh), lambda x, y: math.sqrt(1 + y * y), steep=True),
    _function("cosh", through_float(np.cosh), lambda x, y: math.tanh(x) * y, steep=True),
    # its slope is 1 - tanh(x) ** 2
    _function(
        "tanh", through_float(np.tanh), lambda x, y: 4 * (e := math.exp(-2 * abs(x))) / (1 + e) ** 2, cancels=True
    ),
    _function(
        "sqrt",
        through_float(np.sqrt),
        lambda x, y: 0.5 / y,
        _positive,
        requires={"x": Interval(0)},
        rounding=CORRECT,
        ends=root,
    ),
    _function("cbrt", through_float(np.cbrt), lambda x, y: 1 / (3 * y * y), lambda x, y, eps: abs(x) > eps),
    _function("exp", through_float(np.exp), lambda x, y: y, steep=True),
    _function("log", through_float(np.log), lambda x, y: 1 / x, _positive, requires=_LOGARITHM),
    _function("log2", through_float(np.log2), lambda x, y: 1 / (x * math.log(2)), _positive, requires=_LOGARITHM),
    _function("log10", through_float(np.log10), lambda x, y: 1 / (x * math.log(10)), _positive, requires=_LOGARITHM),
    Operation(
        "pow",
        through_float(np.power),
        requires={"x": Interval(0.125, 8), "y": Interval(-4, 4)},
        rounding=_LIBRARY,
        misses=_passes_zero,
        derivative=_power_rule,
        steep=True,
        operators=("**",),
    ),
    _function("erf", through_double(math.erf), lambda x, y: math.exp(-x * x) / _ROOT),
    _function("erfc", through_double(math.erfc), lambda x, y: -math.exp(-x * x) / _ROOT),
    _function(
        "erfinv",
        through_double(erfinv),
        lambda x, y: _ROOT * math.exp(min(y * y, _MOST)),
        lambda x, y, eps: abs(x) < 1 - eps,
        requires={"x": Interval(-0.875, 0.875)},
        rounding=_INVERSE,
    ),
    _function(
        "erfcinv",
        through_double(erfcinv),
        lambda x, y: -_ROOT * math.exp(min(y * y, _MOST)),
        lambda x, y, eps: eps < x < 2 - eps,
        requires={"x": Interval(0.125, 1.875)},
        rounding=_INVERSE,
    ),
    _scaling("degrees", 180 / math.pi),
    _scaling("radians", math.pi / 180),
)
