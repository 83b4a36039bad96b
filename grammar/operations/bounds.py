"""Bounds without probes, of operations that are polynomials in their operands' components, and of a few made of them.

Let ``p`` be such a polynomial and ``P`` the one with the absolute values of its coefficients: its *majorant*. With
operands off by up to ``e``, ``p`` is off by at most ``P(|x| + e) - P(|x|)``, since every derivative of ``p`` is bounded
by that of ``P`` (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1 and 5.1: the running error of sums
of products, there for rounding errors).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar.operations.rounding import Bounded
from warpsmith.grammar.types import Value

Majorant: TypeAlias = Callable[..., Any]
"""Sizes of the operands, as float64, to that of the result."""

Spread: TypeAlias = Callable[[Sequence[Any], Sequence[Any], Sequence[Any], Any], Any]
"""Values, sizes, errors and the result's size to the error; ``None`` where there is no saying."""

SpreadMaker: TypeAlias = Callable[[tuple[Value, ...]], "Spread | None"]
"""For operands of those types."""

Misses: TypeAlias = Callable[[Sequence[Bounded]], bool]
"""Whether probes at the ends of those operands' errors may miss something."""

WORKING = 8 * 2.0**-53
"""The rounding of the bounds themselves, relative to the sizes: they are computed in float64."""


def spread_of(majorant: Majorant) -> Spread:
    """The error of a polynomial with that majorant."""

    def spread(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
        high = majorant(*[s + m for s, m in zip(sizes, moves, strict=True)])
        return high - majorant(*sizes) + WORKING * high

    return spread


def polynomial(majorant: Majorant) -> SpreadMaker:
    """:func:`spread_of`, whatever the operands' types are."""
    spread = spread_of(majorant)
    return lambda operands: spread


def comes_round(*numbers: int, period: float) -> Misses:
    """Whether one of those operands is so uncertain that its function may come round between two probes."""
    return lambda boxes: any(bool(np.any(np.asarray(boxes[i].error) >= period / 4)) for i in numbers)
