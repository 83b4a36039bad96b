"""Stores into components of vectors, matrices and quaternions, and into fields of structs."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value


def _composites(body: Body) -> list[Variable]:
    return [
        v
        for v in body.scope.visible()
        if v.mutable and isinstance(v.type, type) and types.kind(v.type) in ("vec", "mat", "quat")
    ]


def _component(body: Body, target: Expr, t: Value, *, sliced: bool) -> tuple[Expr, Value]:
    """A part of a vector, matrix or quaternion that can be stored to, and its type.

    Warp 1.19 has no stores to slices of what is itself a part of something: of a field, or of an element.
    """
    extent, part = types.shape(t), types.scalar(t)
    row = types.find("vec", extent[1:], part) if len(extent) == 2 else None
    if row is not None and body.chooser.chance(30):
        return spell.subscript(target, _constant_index(body, extent[0])), row
    if sliced and types.kind(t) != "quat" and part is not wp.bool and extent[-1] > 2 and body.chooser.chance(15):
        return _two_components(body, target, t)
    if len(extent) == 1 and extent[0] <= 4 and body.chooser.chance(50):
        return spell.attribute(target, "xyzw"[body.chooser.integer(0, extent[0] - 1)]), part
    return spell.subscript(target, *(_any_index(body, n) for n in extent)), part


def _two_components(body: Body, target: Expr, t: Value) -> tuple[Expr, Value]:
    """Two components of a vector, or of a row of a matrix."""
    *rows, extent = types.shape(t)
    start = body.chooser.integer(0, extent - 2)
    pair = types.find("vec", (2,), types.scalar(t))
    assert pair is not None
    body.used.add("slice of a value")
    span = spell.slice_(spell.integer(start), spell.integer(start + 2))
    return spell.subscript(target, *(_constant_index(body, n) for n in rows), span), pair


def _constant_index(body: Body, extent: int) -> Expr:
    """A constant index; now and then one that counts from the end."""
    index = body.chooser.integer(0, extent - 1)
    return spell.integer(index - extent if body.chooser.chance(10) else index)


def _any_index(body: Body, extent: int) -> Expr:
    return _constant_index(body, extent) if body.chooser.chance(70) else body.index(extent)


def _structs(body: Body) -> list[Variable]:
    return [
        v for v in body.scope.visible() if v.mutable and isinstance(v.type, type) and types.kind(v.type) == "struct"
    ]


def _store_field(body: Body, budget: int) -> list[Stmt]:
    """Writes one field of a struct held in a local, or a part of a field."""
    variable = body.chooser.choose(_structs(body))
    assert isinstance(variable.type, type)
    target, t = field(body, variable.node, variable.type)
    if types.kind(t) in ("vec", "mat", "quat") and body.chooser.chance(40):
        body.used.add("component of a field")
        target, t = _component(body, target, t, sliced=False)
    statement = _stored(body, target, t)
    body.mark_changed(variable)
    return [statement]


def field(body: Body, target: Expr, t: Value) -> tuple[Expr, Value]:
    """A field of a struct, or of a struct that is a field of it."""
    while types.kind(t) == "struct":
        field, t = body.chooser.choose(list(types.fields(t).items()))
        target = spell.attribute(target, field)
        if body.chooser.chance(30):
            break
    return target, t


def _store(body: Body, budget: int) -> list[Stmt]:
    wanted = [t for t in body.palette.types if types.kind(t) in ("vec", "mat", "quat")]
    if wanted and body.chooser.chance(45):
        return _filled_component_by_component(body, body.chooser.choose(wanted))
    variable = body.chooser.choose(_composites(body))
    assert isinstance(variable.type, type)
    statement = _stored(body, *_component(body, variable.node, variable.type, sliced=True))
    body.mark_changed(variable)
    return [statement]


def _filled_component_by_component(body: Body, t: Value) -> list[Stmt]:
    """A new value of zeros, and stores to some of its components, to each at most once."""
    made = next(p for p in body.palette.shortest(t) if not p.operands)
    body.used.add(made.name)
    places = list(types.components(t))
    first = body.chooser.integer(0, len(places) - 1)
    count = body.chooser.integer(1, min(4, len(places)))
    values = [(place, body.expr(types.scalar(t), 2)) for place in (places[first:] + places[:first])[:count]]
    variable = body.declare(t)
    statements: list[Stmt] = [spell.assign(variable.node, made.build())]
    for place, value in values:
        named = len(place) == 1 and len(places) <= 4 and body.chooser.chance(50)
        if named:
            target: Expr = spell.attribute(variable.node, "xyzw"[place[0]])
        else:
            target = spell.subscript(variable.node, *map(spell.integer, place))
        statements.append(spell.assign(target, value))
    return statements


def _stored(body: Body, target: Expr, t: Value) -> Stmt:
    """A value stored to the target, or added to what it holds."""
    value = body.expr(t, 2)
    kind = types.kind(t)
    if not types.is_scalar(t):
        value = spell.copied(value)  # the native code takes a row by a reference that is not to a constant
    if kind in ("float", "int", "vec") and body.chooser.chance(45):
        operators = ("+", "-", "*") if kind != "vec" else ("+", "-")
        return spell.augment(target, body.chooser.choose(operators), value)
    return spell.assign(target, value)


STORE_COMPONENT = Construct(
    "store component",
    _store,
    weight=6,
    fits=lambda body, budget: bool(_composites(body)),
    covers=("assign_inplace", "add_inplace", "sub_inplace", "index"),
)
STORE_FIELD = Construct("store field", _store_field, weight=8, fits=lambda body, budget: bool(_structs(body)))
