"""What rounding costs Euler angles: the second is the arc cosine of a quotient, which is steep near 1 and -1.

Where a quaternion is almost a rotation about one axis, the quotient is rounded to units of 1, whatever the operands'
own roundings come to, and the arc cosine's slope is one over the sine of the angle.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from warpsmith.synthesizer.reference.values.boxes import INF

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
    error = np.full(3, INF if locked else 0.0)
    error[j] = max(abs(low - second), abs(high - second))
    return error


def steepened(angles: Any, i: int, j: int, k: int) -> float:
    """By how much the slope of the second angle's arc cosine magnifies the rounding of what it is taken of."""
    slope = math.sin(_second(angles, i, j, k))
    return 1.0 / slope**2 if slope else math.inf


def _second(angles: Any, i: int, j: int, k: int) -> float:
    """The arc cosine: a right angle is taken from it where the first axis is not the third."""
    return float(angles[j]) + (0.0 if i == k else math.pi / 2)
