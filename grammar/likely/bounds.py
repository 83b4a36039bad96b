"""Where a value lies, as far as is known: what shows that an index, a divisor or a trip count is in range.

A range is ``(low, high)``, of a vector that of every component; ``None`` is any value, not a number among them.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TypeAlias

from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.operators import builtin_of
from warpsmith.grammar.operations.ranges import Ends
from warpsmith.grammar.production import Interval

Range: TypeAlias = "tuple[float, float] | None"

_WIDEST = float(1 << 30)
"""What is wider is treated as unknown: 32-bit integers wrap, and floats lose their last digit."""


def hull(*ranges: Range) -> Range:
    """The least range that holds them all."""
    known = [r for r in ranges if r is not None]
    if not known or len(known) < len(ranges):
        return None
    return min(r[0] for r in known), max(r[1] for r in known)


def inside(r: Range, needs: Interval) -> bool:
    """Whether every value of the range satisfies the contract."""
    if r is None:
        return False
    if needs.negatives and r[1] <= -2:
        return True
    return (needs.low is None or r[0] >= needs.low) and (needs.high is None or r[1] <= needs.high)


def of_operation(head: str, operands: list[Range], *, integer: bool) -> Range:
    """The range of what an operation yields, as its record says.

    Args:
        head: the rule's.
        operands: the ranges of its operands.
        integer: whether the result is an integer.
    """
    known = [r for r in operands if r is not None]
    if head == "ifexp" or head == "call:wp.where":
        return hull(*operands[1:])
    ends = _ends(head)
    if ends is None or len(known) < len(operands):
        return None
    found = ends(*known)
    if found is None or not all(map(math.isfinite, found)) or max(map(abs, found)) > _WIDEST:
        return None
    return (math.floor(found[0]), math.ceil(found[1])) if integer else found


def traced(head: str) -> bool:
    """Whether anything is known of where such an operation's value lies."""
    return _ends(head) is not None


@cache
def _ends(head: str) -> Ends | None:
    return record(builtin_of(head)).ends
