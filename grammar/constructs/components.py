"""Stores into components of vectors, matrices and quaternions, and into fields of structs."""

from __future__ import annotations

from grammar import spell, types
from grammar.body import Body
from grammar.construct import Construct
from grammar.scope import Variable
from grammar.spell import Expr, Stmt


def _composites(body: Body) -> list[Variable]:
    return [
        v
        for v in body.scope.visible()
        if v.mutable and isinstance(v.type, type) and types.kind(v.type) in ("vec", "mat", "quat")
    ]


def _component(body: Body, variable: Variable) -> tuple[Expr, type]:
    t = variable.type
    assert isinstance(t, type)
    extent = types.shape(t)
    if len(extent) == 2 and body.chooser.chance(30):
        row = types.find("vec", extent[1:], types.scalar(t))
        assert row is not None
        return spell.subscript(variable.node, spell.integer(body.chooser.integer(0, extent[0] - 1))), row
    if len(extent) == 1 and extent[0] <= 4 and body.chooser.chance(50):
        return spell.attribute(variable.node, "xyzw"[body.chooser.integer(0, extent[0] - 1)]), types.scalar(t)
    return spell.subscript(variable.node, *(_position(body, n) for n in extent)), types.scalar(t)


def _position(body: Body, extent: int) -> Expr:
    if body.chooser.chance(70):
        return spell.integer(body.chooser.integer(0, extent - 1))
    return body.index(extent)


def _states(body: Body) -> list[Variable]:
    return [
        v for v in body.scope.visible() if v.mutable and isinstance(v.type, type) and types.kind(v.type) == "struct"
    ]


def _store_field(body: Body, budget: int) -> list[Stmt]:
    """Writes one field of a struct held in a local."""
    variable = body.chooser.choose(_states(body))
    assert isinstance(variable.type, type)
    field, t = body.chooser.choose(list(types.fields(variable.type).items()))
    value = body.expr(t, 2)
    variable.fresh = True
    return [spell.assign(spell.attribute(variable.node, field), value)]


def _store(body: Body, budget: int) -> list[Stmt]:
    variable = body.chooser.choose(_composites(body))
    target, t = _component(body, variable)
    value = body.expr(t, 2)
    variable.fresh = True
    kind = types.kind(t)
    if kind in ("float", "int", "vec") and body.chooser.chance(45):
        operators = ("+", "-", "*") if kind != "vec" else ("+", "-")
        return [spell.augment(target, body.chooser.choose(operators), value)]
    return [spell.assign(target, value)]


STORE_COMPONENT = Construct(
    "store component",
    _store,
    weight=6,
    fits=lambda body, budget: bool(_composites(body)),
    covers=("assign_inplace", "add_inplace", "sub_inplace", "index"),
)
STORE_FIELD = Construct("store field", _store_field, weight=8, fits=lambda body, budget: bool(_states(body)))
