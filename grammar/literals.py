"""Literals and names: the smallest things a program is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.production import Interval
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Value

_FLOATS = (1.0, 0.0, 0.5, 2.0, -1.0, 0.25, 3.0, -0.5, 1.5, 0.1, 10.0, 0.01, -2.0, 4.0, 100.0, 3.14159, 0.75, 1e-3)
_INTEGERS = (1, 0, 2, 3, 4, 5, 7, 8, 10, 16, 31, 63, 100, 127)
_NEGATIVES = (-1, -2, -3, -7, -100, -128)

_STEMS: dict[str, tuple[str, ...]] = {
    "bool": ("flag", "hit", "ok"),
    "int": ("n", "k", "count"),
    "float": ("x", "y", "s", "value"),
    "vec": ("v", "p", "d"),
    "mat": ("m", "A"),
    "quat": ("q", "rot"),
    "transform": ("t", "pose"),
    "struct": ("state", "item"),
}


@lru_cache(maxsize=256)
def stems(t: Value) -> tuple[str, ...]:
    """What variables of the type are called."""
    return _STEMS[types.kind(t)]


def literal(chooser: Chooser, t: Value) -> Expr:
    """A scalar literal of type ``t``."""
    if t is wp.bool:
        return spell.boolean_literal(chooser.chance(50))
    if types.kind(t) == "float":
        if chooser.chance(70):
            return constant(t, chooser.choose(_FLOATS))
        return constant(t, chooser.integer(-400, 400) / 16)
    if chooser.chance(20) and t in types.SIGNED:
        return constant(t, chooser.choose(_NEGATIVES))
    return constant(t, chooser.choose(_INTEGERS))


def within(chooser: Chooser, t: Value, needs: Interval) -> Expr:
    """A literal of type ``t``, scalar or composite, every component in the interval."""
    part = types.scalar(t)
    low, high = needs.low, needs.high
    if needs.negatives and part not in types.UNSIGNED and chooser.chance(15):
        return constant(t, -chooser.integer(2, 8))
    first = math.ceil(low) if low is not None else (min(-8, high) if high is not None else -8)
    last = math.floor(high) if high is not None else max(first, 0) + 8
    if types.kind(part) == "float":
        # Sixteenths are exact in every floating-point type.
        start = low if low is not None else first
        stop = high if high is not None else last
        return constant(t, chooser.integer(math.ceil(start * 16), math.floor(stop * 16)) / 16)
    return constant(t, chooser.integer(int(first), int(last)))


@lru_cache(maxsize=4096)
def constant(t: Value, value: float) -> Expr:
    """The value as a literal of type ``t``; a composite type is filled with it.

    A bare literal is int32 or float32 in Warp; any other type is spelled by its constructor.
    """
    if t is wp.float32:
        return spell.floating(value)
    if t is wp.int32:
        return spell.integer(int(value))
    if types.is_scalar(t):
        inner = spell.floating(value) if types.kind(t) == "float" else spell.integer(int(value))
        return spell.call(types.spelling(t), inner)
    part = constant(types.scalar(t), value)
    if types.kind(t) in ("vec", "mat"):
        return spell.call(types.spelling(t), part)
    return spell.call(types.spelling(t), *(part for _ in types.components(t)))


def made(t: Value, values: Sequence[float]) -> Expr:
    """A value of those components, in order; the literal itself, if ``t`` is a scalar type."""
    part = types.scalar(t)
    nodes = [spell.boolean_literal(bool(x)) if part is wp.bool else constant(part, x) for x in values]
    return spell.call(types.spelling(t), *nodes) if types.is_composite(t) else nodes[0]


def string(value: str) -> Expr:
    """A string literal, without anything to escape."""
    return cst.SimpleString(f'"{value}"')
