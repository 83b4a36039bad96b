"""Where the value of an operation lies, given where its operands do: interval arithmetic.

A range is the least and the greatest value, of a vector those of its components; ``None`` where there is no saying.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

Known: TypeAlias = tuple[float, float]
Ends: TypeAlias = Callable[..., "Known | None"]
"""The operands' ranges to that of the value."""


def corners(f: Callable[..., Any]) -> Ends:
    """Of a function that is monotone in each operand, or linear: its extremes are at ends of the operands' ranges."""

    def ends(*ranges: Known) -> Known:
        values = [float(f(*xs)) for xs in itertools.product(*ranges)]
        return min(values), max(values)

    return ends


def quotient(a: Known, b: Known) -> Known | None:
    """Of a division."""
    return None if b[0] <= 0 <= b[1] else corners(lambda x, y: x / y)(a, b)


def whole_quotient(a: Known, b: Known) -> Known | None:
    """Of a division that is rounded down."""
    found = quotient(a, b)
    return None if found is None else (math.floor(found[0]), math.floor(found[1]))


def remainder(a: Known, b: Known) -> Known | None:
    """Of a remainder that has the sign of the first operand, by a divisor of at least one."""
    if b[0] < 1:
        return None
    return max(-b[1], min(a[0], 0.0)), min(b[1], max(a[1], 0.0))


def magnitude(a: Known) -> Known:
    """Of an absolute value."""
    least = 0.0 if a[0] <= 0 <= a[1] else min(map(abs, a))
    return least, max(map(abs, a))


def root(a: Known) -> Known | None:
    """Of a square root."""
    return None if a[0] < 0 else (math.sqrt(a[0]) * 0.999, math.sqrt(a[1]) * 1.001)


def wave(a: Known) -> Known:
    """Of a sine."""
    return -1.0, 1.0


LEAST, GREATEST = corners(lambda *xs: min(xs)), corners(lambda *xs: max(xs))
CLAMPED = corners(lambda x, low, high: min(max(x, low), high))
SAME = corners(lambda x: x)
WHOLE = corners(math.trunc)
"""Of a conversion to an integer that is wide enough."""
