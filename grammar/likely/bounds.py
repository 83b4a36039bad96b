"""Where a value lies, as far as is known: what shows that an index, a divisor or a trip count is in range.

A range is ``(low, high)``, of a vector that of every component; ``None`` is any value, not a number among them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TypeAlias

from warpsmith.grammar.production import Interval

Range: TypeAlias = "tuple[float, float] | None"
Known: TypeAlias = tuple[float, float]

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
    """The range of what an operation yields.

    Args:
        head: the rule's.
        operands: the ranges of its operands.
        integer: whether the result is an integer.
    """
    known = [r for r in operands if r is not None]
    if head == "ifexp" or head == "call:wp.where":
        return hull(*operands[1:])
    f = _BY_HEAD.get(_key(head))
    if f is None or len(known) < len(operands):
        return None
    found = f(*known)
    if found is None or not all(map(math.isfinite, found)) or max(map(abs, found)) > _WIDEST:
        return None
    return (math.floor(found[0]), math.ceil(found[1])) if integer else found


def traced(head: str) -> bool:
    """Whether anything is known of where such an operation's value lies."""
    return _key(head) in _BY_HEAD


def _key(head: str) -> str:
    return head.removeprefix("call:wp.").removeprefix("call:")


def _corners(f: Callable[[float, float], float]) -> Callable[[Known, Known], Known]:
    def found(a: Known, b: Known) -> Known:
        values = [f(x, y) for x, y in itertools.product(a, b)]
        return min(values), max(values)

    return found


def _quotient(a: Known, b: Known) -> Range:
    return None if b[0] <= 0 <= b[1] else _corners(lambda x, y: x / y)(a, b)


def _remainder(a: Known, b: Known) -> Range:
    if b[0] < 1:
        return None
    most = b[1]
    return (0 if a[0] >= 0 else -most, min(most, a[1]) if a[0] >= 0 else most)


def _least(*ranges: Known) -> Known:
    return min(r[0] for r in ranges), min(r[1] for r in ranges)


def _greatest(*ranges: Known) -> Known:
    return max(r[0] for r in ranges), max(r[1] for r in ranges)


def _magnitude(a: Known) -> Known:
    least = 0.0 if a[0] <= 0 <= a[1] else min(map(abs, a))
    return least, max(map(abs, a))


def _root(a: Known) -> Range:
    return None if a[0] < 0 else (math.sqrt(a[0]), math.sqrt(a[1]) * 1.001)


def _same(a: Known) -> Known:
    return a


_BY_HEAD: dict[str, Callable[..., Range]] = {
    "bin:Add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "bin:Sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "bin:Mult": _corners(lambda x, y: x * y),
    "bin:Div": _quotient,
    "bin:FloorDiv": _quotient,
    "bin:Mod": _remainder,
    "un:USub": lambda a: (-a[1], -a[0]),
    "min": _least,
    "max": _greatest,
    "clamp": lambda x, low, high: _least(_greatest(x, low), high),
    "abs": _magnitude,
    "sqrt": _root,
    "sin": lambda a: (-1.0, 1.0),
    "cos": lambda a: (-1.0, 1.0),
    "int": _same,
    "float": _same,
    "int32": _same,
    "float32": _same,
}
