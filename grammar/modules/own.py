"""Vectors and matrices of a program's own: of any length and shape, and of truth values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import FLOATS, Value

_SIZE = 9
"""A value of so many components is made of them one by one."""


def own_types(chooser: Chooser, known: list[Value]) -> list[Value]:
    """One or two types over scalars that the program is about."""
    fitting = [t for t in types.OWN if types.scalar(t) in known]
    return list(dict.fromkeys(chooser.choose(fitting) for _ in range(chooser.choose((1, 2), (70, 30)))))


def definition(t: Value) -> Stmt:
    """The statement that makes the type."""
    extent, part = types.shape(t), spell.dotted(types.spelling(types.scalar(t)))
    if len(extent) == 1:
        made = spell.call("wp.types.vector", length=spell.integer(extent[0]), dtype=part)
    else:
        made = spell.call("wp.types.matrix", shape=spell.parenthesized(list(map(spell.integer, extent))), dtype=part)
    return spell.assign(spell.name(t.__name__), made)


def productions(t: Value) -> tuple[Production, ...]:
    """What can be made of values of the type, and what makes them."""
    arithmetic = () if types.scalar(t) is wp.bool else (*_linear(t), *_numbers(t))
    return (*_parts(t), *arithmetic)


def _calling(function: str) -> partial[Expr]:
    return partial(spell.call, function)


def _parts(t: Value) -> Iterator[Production]:
    """Constructors, and reads of components and rows."""
    part, extent = types.scalar(t), types.shape(t)
    builtin = "vector" if types.kind(t) == "vec" else "matrix"
    count = int(np.prod(extent))
    make = partial(_from_components, extent)
    if count <= _SIZE:
        yield Production(builtin, (part,) * count, t, _calling(t.__name__), evaluate=make, spelling=":own", weight=3)
    if part is not wp.bool:
        yield Production(builtin, (part,), t, _calling(t.__name__), evaluate=make, spelling=":own", weight=2)
    yield Production(builtin, (), t, _calling(t.__name__), evaluate=partial(np.zeros, extent), spelling=":own")
    bounds = tuple(Interval(0, n - 1) for n in extent)
    yield Production(
        "index", (t, *(wp.int32,) * len(extent)), part, spell.subscript, requires=(None, *bounds), weight=3
    )
    row = types.of_structure("vec", extent[1:], part) if len(extent) == 2 else None
    if row is not None and not types.is_own(row):
        yield Production("index", (t, wp.int32), row, spell.subscript, requires=(None, bounds[0]))


def _linear(t: Value) -> Iterator[Production]:
    """Sums, multiples, and products with vectors and matrices of fitting shapes."""
    part, extent = types.scalar(t), types.shape(t)
    for name, sign in (("add", "+"), ("sub", "-")):
        yield Production(name, (t, t), t, partial(spell.binary, sign))
    yield Production("neg", (t,), t, partial(spell.unary, "-"))
    yield Production("mul", (t, part), t, partial(spell.binary, "*"))
    yield Production("mul", (part, t), t, partial(spell.binary, "*"))
    yield Production("cw_mul", (t, t), t, _calling("wp.cw_mul"))
    if part in FLOATS:
        yield Production("div", (t, part), t, partial(spell.binary, "/"), requires=(None, Interval(1.0, None)))
    if len(extent) == 2 and extent[0] == extent[1]:
        yield Production("mul", (t, t), t, partial(spell.binary, "@"), weight=4)
    if len(extent) == 2:
        turned = types.of_structure("mat", extent[::-1], part)
        if turned is not None and not types.is_own(turned):
            yield Production("transpose", (t,), turned, _calling("wp.transpose"))
        given, made = (types.of_structure("vec", (n,), part) for n in extent[::-1])
        if given is not None and made is not None and not types.is_own(given) and not types.is_own(made):
            yield Production("mul", (t, given), made, partial(spell.binary, "@"), weight=4)


def _numbers(t: Value) -> Iterator[Production]:
    """What makes one number of a vector."""
    part = types.scalar(t)
    if types.kind(t) == "vec":
        yield Production("dot", (t, t), part, _calling("wp.dot"))
        yield Production("min", (t,), part, _calling("wp.min"))
        yield Production("max", (t,), part, _calling("wp.max"))
        if part in FLOATS:
            yield Production("length", (t,), part, _calling("wp.length"))
            yield Production("length_sq", (t,), part, _calling("wp.length_sq"))


def _from_components(extent: tuple[int, ...], *parts: object) -> object:
    return np.full(extent, parts[0]) if len(parts) == 1 else np.array(parts).reshape(extent)
