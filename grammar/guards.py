"""Guards: what is put around a value so that it lies in an interval, whatever the value is.

A guard takes the type, the interval and the value, and returns the guarded value with the names of the productions
that it is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.production import Interval
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Value

Guarded: TypeAlias = tuple[Expr, tuple[str, ...]]
Guard: TypeAlias = Callable[[Value, Interval, Expr], Guarded]


def guards(t: Value, needs: Interval) -> list[Guard]:
    """The ways to bring a scalar into the interval; several, since always the same one would hide what it guards."""
    found: list[Guard] = [min_max]
    if needs.low is not None and needs.high is not None:
        found.append(clamp)
    if types.kind(t) == "int" and needs.low is not None and (needs.high is None or needs.high > needs.low):
        found.append(_mask)
    if types.kind(t) == "float" and needs.low is not None and needs.low >= 0 and needs.high is None:
        found.append(_magnitude)
    return found


def min_max(t: Value, needs: Interval, value: Expr) -> Guarded:
    """``wp.max(wp.min(value, high), low)``, as far as there are limits; of vectors by component.

    On floats min and max return the other operand for a NaN, so the result is in range whatever comes in.
    """
    used = []
    for builtin, limit in (("min", needs.high), ("max", needs.low)):
        if limit is not None:
            value = spell.call(f"wp.{builtin}", value, literals.constant(t, limit))
            used.append(types.signature(builtin, t, t))
    return value, tuple(used)


def clamp(t: Value, needs: Interval, value: Expr) -> Guarded:
    """``wp.clamp(value, low, high)``."""
    assert needs.low is not None
    assert needs.high is not None
    limits = (literals.constant(t, needs.low), literals.constant(t, needs.high))
    return spell.call("wp.clamp", value, *limits), (types.signature("clamp", t, t, t),)


def _mask(t: Value, needs: Interval, value: Expr) -> Guarded:
    low, high = int(needs.low or 0), needs.high
    width = 15 if high is None else int(high) - low
    mask = (1 << (width + 1).bit_length() - 1) - 1
    return _raised(t, low, spell.binary("&", value, literals.constant(t, mask)), types.signature("bit_and", t, t))


def _magnitude(t: Value, needs: Interval, value: Expr) -> Guarded:
    return _raised(t, needs.low or 0, spell.call("wp.abs", value), types.signature("abs", t))


def _raised(t: Value, low: float, value: Expr, used: str) -> Guarded:
    """A value that is not negative, with the least one added."""
    if not low:
        return value, (used,)
    return spell.binary("+", value, literals.constant(t, low)), (used, types.signature("add", t, t))
