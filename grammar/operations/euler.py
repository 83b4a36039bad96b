"""Euler angles: Bernardes & Viollet, "Quaternion to Euler angles conversion" (2022).

The second angle is the arc cosine of a quotient, which is steep near 1 and -1. Where a quaternion is almost a rotation
about one axis, the quotient is rounded to units of 1, whatever the operands' own roundings come to, and the arc
cosine's slope is one over the sine of the angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations.derivative import Gradients, OperationStep, untyped
from warpsmith.grammar.operations.elementary import acos, atan2
from warpsmith.grammar.operations.operation import Interval, Operation, always
from warpsmith.grammar.operations.quaternion import multiply
from warpsmith.grammar.operations.rotation import from_axis_angle, of_turns
from warpsmith.grammar.operations.rounding import EPSILON, Bounded, Rounding
from warpsmith.grammar.operations.values import dtype_of


def from_euler(e: Any, i: Any, j: Any, k: Any) -> Any:
    """``e[i]`` about axis i, then ``e[j]`` about j, then ``e[k]`` about k, all fixed."""
    unit = np.eye(3, dtype=dtype_of(e))
    qi, qj, qk = (from_axis_angle(unit[n], e[n]) for n in (int(i), int(j), int(k)))
    return multiply(qk, multiply(qj, qi))


def to_euler(q: Any, i: Any, j: Any, k: Any) -> Any:
    """Bernardes & Viollet's algorithm; angles indexed by axis, as Warp's documentation says."""
    n = dtype_of(q)
    i, j, k = int(i), int(j), int(k)
    proper = i == k
    if proper:
        k = 3 - i - j
    sign = n((i - j) * (j - k) * (k - i) / 2)  # Levi-Civita, of 0-based axes too
    a, b, c, d = q[3], q[i], q[j], q[k] * sign
    if not proper:
        a, b, c, d = q[3] - q[j], q[i] + q[k] * sign, q[j] + q[3], q[k] * sign - q[i]
    second = acos(n(2) * (a * a + b * b) / (a * a + b * b + c * c + d * d) - n(1))
    plus, minus = atan2(b, a), atan2(d, c)
    if abs(second) < n(1e-6):
        first, third = n(0), n(2) * plus
    elif abs(second - n(math.pi)) < n(1e-6):
        first, third = n(0), n(2) * minus
    else:
        first, third = plus - minus, plus + minus
    if not proper:
        second, third = second - n(math.pi / 2), third * sign
    angles = np.zeros(3, n)
    angles[[i, j, k]] = [first, second, third]
    return angles


def _axes(value: Any, *axes: Any) -> None:
    if not all(0 <= a <= 2 for a in axes):
        raise UndefinedError(f"rotation about axes {', '.join(map(str, axes))}")


def _sequence(value: Any, i: Any, j: Any, k: Any) -> None:
    _axes(value, i, j, k)
    if j in (i, k):
        raise UndefinedError(f"angles about axes {i}, {j}, {k}: two rotations in a row about one axis are one")


_UNITS = 4.0
"""Roundings of the sums of squares, of their quotient and of what is taken from it."""


_LOCKED = 2e-6
"""Below, the documentation's algorithm takes the angle for 0, and divides the turn otherwise: twice its threshold."""


def euler_error(epsilon: float, angles: Any, i: int, j: int, k: int) -> Any:
    """How far rounding may take the three angles, for a quaternion that is exact, and not zero.

    Args:
        epsilon: of the type.
        angles: what ``quat_to_euler`` yields.
        i: the first axis.
        j: the second, whose angle is the arc cosine.
        k: the third.
    """
    second = _second(angles, i, j, k)
    if math.isnan(second):
        return np.zeros(3)
    cosine, off = math.cos(second), _UNITS * epsilon
    low, high = math.acos(min(1.0, cosine + off)), math.acos(max(-1.0, cosine - off))
    locked = low < _LOCKED or high > math.pi - _LOCKED
    error = np.full(3, math.inf if locked else 0.0)
    error[j] = max(abs(low - second), abs(high - second))
    return error


def _excess(boxes: Sequence[Bounded], found: Sequence[Bounded]) -> tuple[str, Sequence[Any]]:
    q, *axes = boxes
    if not q.value.any():
        return "", [0.0]
    i, j, k = (int(b.value) for b in axes)
    error = euler_error(EPSILON[types.scalar(q.type)], found[0].value, i, j, k)
    return "Euler angles near where an axis is locked", [found[0].error + error]


def _steepened(operands: Sequence[Any], results: Sequence[Any]) -> float:
    """By how much the slope of the second angle's arc cosine magnifies the rounding of what it is taken of."""
    slope = math.sin(_second(results[0], *map(int, operands[1:])))
    return 1.0 / slope**2 if slope else math.inf


def _second(angles: Any, i: int, j: int, k: int) -> float:
    """The arc cosine: a right angle is taken from it where the first axis is not the third."""
    return float(angles[j]) + (0.0 if i == k else math.pi / 2)


def _from_euler_rule(step: OperationStep, g: Any) -> Gradients:
    angles, *axes = step.operands
    order = [int(i) for i in axes]
    gradient = np.zeros(3)
    np.add.at(gradient, order, of_turns(order, angles[order].tolist(), g))
    return gradient, None, None, None


EULER = (
    Operation(
        "quat_from_euler",
        from_euler,
        requires={k: Interval(0, 2) for k in "ijk"},
        undefined=always(_axes),
        rounding=Rounding(least=1.0),  # as of quat_rpy
        derivative=untyped(_from_euler_rule),
        cancels=True,
    ),
    Operation(
        "quat_to_euler",
        to_euler,
        # of two rotations in a row about one axis, only the sum of the angles is known
        requires={"i": Interval(0, 1), "j": Interval(2, 2), "k": Interval(0, 1)},
        undefined=always(_sequence),
        rounding=Rounding(least=8.0),  # sums and differences of angles up to half a turn
        excess=_excess,
        steep=True,
        cancels=True,
        condition=_steepened,
    ),
)
