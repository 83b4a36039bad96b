"""Assignments: new locals, consumed values, reassignment, compound assignment, unpacking, several results."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.derive import BINARY
from warpsmith.grammar.exceptions import HEAVY, NO_COMPOUND_ASSIGNMENT
from warpsmith.grammar.production import Production
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value


def bind(body: Body, t: Value, value: Expr) -> Stmt:
    """``new = value``."""
    value = bindable(body, t, value)
    variable = body.declare(t, constant=body.scope.is_constant(value))
    return spell.assign(variable.node, value)


def bind_several(body: Body, results: tuple[Value, ...], value: Expr) -> list[Stmt]:
    """``new, other = value``; now and then the value is kept as the tuple that it is, and taken apart.

    Not in a loop: Warp 1.19 binds no name to a tuple twice, and an unrolled loop does
    (``fuzz/findings/several-results-as-one-value``).
    """
    if body.loops or not body.chooser.chance(25):
        return [spell.assign(spell.bare_tuple([body.declare(t).node for t in results]), value)]
    body.used.add("tuple under one name")
    kept = spell.name(body.new_name(("pair", "both", "found")))
    parts = [spell.assign(body.declare(t).node, spell.subscript(kept, spell.integer(i))) for i, t in enumerate(results)]
    return [spell.assign(kept, value), *parts]


def bindable(body: Body, t: Value, value: Expr) -> Expr:
    """The value, converted where a name may not be bound to a constant.

    In a dynamic loop inside an unrolled one Warp meets the binding once per copy, takes the second for a change of a
    constant in a dynamic loop, and refuses it.
    """
    return body.nonconstant(t, value) if body.in_dynamic_loop and body.copies > 1 else value


def wanted_type(body: Body) -> Value:
    """A type for a new value: one that the program is about, most often one that has derivatives."""
    return body.chooser.choose(body.palette.types, [_FAVOUR[types.differentiable(t)] for t in body.palette.types])


_FAVOUR = (1, 3)


def fuel(body: Body) -> int:
    """How deep an expression may go: one to four productions."""
    return body.chooser.choose((1, 2, 3, 4), (50, 36, 11, 3))


def _assign(body: Body, budget: int) -> list[Stmt]:
    t = wanted_type(body)
    menu = body.yielding(t)
    depth = fuel(body)
    value = body.apply(body.pick(menu), depth) if menu[0] else body.expr(t, depth)
    return [bind(body, t, value)]


def _unread(body: Body, budget: int) -> bool:
    return any(v.unread and body.taking(v.type)[0] for v in body.scope.visible())


def _consume(body: Body, budget: int) -> list[Stmt]:
    """Takes a value that nothing has read yet, and makes something of it."""
    unread = [v for v in body.scope.visible() if v.unread and body.taking(v.type)[0]]
    variable = body.chooser.choose(unread[::-1])
    production = body.pick(body.taking(variable.type))
    return bind_production(body, production, variable)


def bind_production(body: Body, production: Production, variable: Variable | None = None) -> list[Stmt]:
    """A statement that binds the production's result or results; one operand may be a given variable."""
    placed = _placed(body, production, variable) if variable is not None else None
    value = body.apply(production, fuel(body), placed)
    if isinstance(production.result, tuple):
        return bind_several(body, production.result, value)
    assert isinstance(production.result, type)
    return [bind(body, production.result, value)]


def _placed(body: Body, production: Production, variable: Variable) -> tuple[int, Expr] | None:
    """The variable as one of the operands of its type that any value may be, if there is one."""
    places = [i for i, t in enumerate(production.operands) if t is variable.type and not production.requires[i]]
    return (body.chooser.choose(places), body.read(variable)) if places else None


def _changeable(body: Body) -> list[Variable]:
    """Variables that may be changed; in a dynamic loop mostly its own, so that few values are carried along."""
    found = [v for v in body.scope.visible() if v.mutable and not v.constant and isinstance(v.type, type)]
    if not body.in_dynamic_loop:
        return found
    outermost = next(loop for loop in body.loops if loop.dynamic)
    own = [v for v in found if not body.outside(v, outermost)]
    return own if own and body.chooser.chance(70) else found


def _can_change(body: Body, budget: int) -> bool:
    return any(v.mutable and not v.constant for v in body.scope.visible())


def _reassign(body: Body, budget: int) -> list[Stmt]:
    """A new value for a variable, made of its present one if nothing has read that yet."""
    variable = body.chooser.choose(_changeable(body))
    t = variable.type
    assert isinstance(t, type)
    groups = [[p for p in g if p.result is t] for g in body.taking(t)[0]]
    groups = [g for g in groups if g]
    if not groups and types.kind(t) == "struct":
        body.read(variable)
        value = body.apply(body.palette.shortest(t)[0], 2)
    elif not groups:
        was = body.read(variable)
        value = spell.call("wp.where", body.condition(1), was, body.expr(t, 1))
        body.used.add(types.signature("where", wp.bool, t, t))
    else:
        production = body.chooser.choose(body.chooser.choose(groups))
        placed = _placed(body, production, variable)
        value = body.apply(production, fuel(body), placed)
    body.mark_changed(variable)
    return [spell.assign(variable.node, value)]


def _augment(body: Body, budget: int) -> list[Stmt]:
    variable = body.chooser.choose(_changeable(body))
    t = variable.type
    assert isinstance(t, type)
    groups = [[p for p in g if _augments(p, t)] for g in body.taking(t)[0]]
    groups = [g for g in groups if g]
    if not groups:
        return _reassign(body, budget)
    production = body.chooser.choose(body.chooser.choose(groups))
    body.avoided = {variable.name}
    operand = body.operand(production.operands[1], production.requires[1], fuel(body) - 1)
    body.avoided = set()
    body.used.add(production.name)
    body.mark_changed(variable)
    return [spell.augment(variable.node, BINARY[production.builtin], operand)]


def _augments(p: Production, t: Value) -> bool:
    compound = p.builtin in BINARY and p.builtin not in NO_COMPOUND_ASSIGNMENT
    return compound and len(p.operands) == 2 and p.operands[0] is t and p.result is t


def _unpack(body: Body, budget: int) -> list[Stmt]:
    """Several values at once, or a swap."""
    swappable = _changeable(body)
    for i, first in enumerate(swappable):
        second = next((v for v in swappable[i + 1 :] if v.type is first.type), None)
        if second is not None and body.chooser.chance(40):
            pair = (first.node, second.node)
            return [spell.assign(spell.bare_tuple(pair), spell.bare_tuple(pair[::-1]))]
    loadable = [
        t for t in body.palette.types if types.kind(t) not in ("bool", "transform", "struct")
    ]  # these have no unary plus
    kinds = [body.chooser.choose(loadable) for _ in range(body.chooser.choose((2, 3), (80, 20)))]
    values = [bindable(body, t, spell.loaded(body.expr(t, 2))) for t in kinds]
    constants = [body.scope.is_constant(v) for v in values]
    targets = [body.declare(t, constant=c).node for t, c in zip(kinds, constants, strict=True)]
    return [spell.assign(spell.bare_tuple(targets), spell.bare_tuple(values))]


def _several(body: Body) -> list[Production]:
    inside = set(body.palette.types)
    return [
        p
        for p in body.palette.grammar.several
        if not (body.copies > 1 and p.builtin in HEAVY)
        and inside.issuperset(p.operands)
        and inside.issuperset(p.result)  # type: ignore[arg-type]
    ]


def _results(body: Body, budget: int) -> list[Stmt]:
    return bind_production(body, body.chooser.choose(_several(body)))


ASSIGN = Construct("assign", _assign, weight=26, covers=("copy",))
CONSUME = Construct("consume", _consume, weight=34, fits=_unread)
REASSIGN = Construct("reassign", _reassign, weight=8, fits=_can_change)
AUGMENT = Construct("augment", _augment, weight=10, fits=_can_change)
UNPACK = Construct("unpack", _unpack, weight=3)
RESULTS = Construct("results", _results, weight=3, fits=lambda body, budget: bool(_several(body)))
