"""Unread values: they flow into an outer variable, an output array, or the result, so that little code is dead."""

from __future__ import annotations

from collections.abc import Sequence

import warp as wp

from warpsmith.grammar import guards, literals, spell, types
from warpsmith.grammar.body import Body
from warpsmith.grammar.exceptions import WIDENING
from warpsmith.grammar.functions import KernelFunction, launchable
from warpsmith.grammar.operations.conversion import cast_range
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value


def ensure_accumulator(body: Body) -> list[Stmt]:
    """Makes sure that a variable is there which a nested block may add to; the statements that declare it."""
    if addable_variables(body, body.scope.blocks):
        return []
    fields = [t for t in body.palette.types if types.kind(t) in ("float", "int")]
    t = body.chooser.choose(fields, [_weight(t) for t in fields])
    variable = Variable(body.new_name(("acc", "total", "sum")), t)
    if body.chooser.chance(55):
        start = spell.assign(variable.node, body.nonconstant(t, body.runtime_value(t)))
        body.scope.add(variable)
        return [start]
    # A call, not a literal: Warp refuses to change a name that is bound to a constant in a dynamic loop.
    value = spell.call(types.spelling(t), spell.floating(0.0) if types.kind(t) == "float" else spell.integer(0))
    body.used.add(types.signature(types.name(t), wp.float32 if types.kind(t) == "float" else wp.int32))
    body.scope.add(variable)
    return [spell.assign(variable.node, value)]


def addable_variables(body: Body, blocks: list[list[Variable]]) -> list[Variable]:
    """Variables of those blocks that other values can be added to."""
    return [v for b in blocks for v in b if v.mutable and not isinstance(v.type, Array) and addable(v.type)]


def _weight(t: Value) -> int:
    """How often an accumulator has the type: seldom one without derivatives, since they end there."""
    return 4 if types.differentiable(t) else 1


def addable(t: Value) -> bool:
    """Whether a value of any other type can be converted to ``t`` and added to one."""
    return types.kind(t) in ("int", "float", "vec", "mat") and types.scalar(t) is not wp.bool


def carry_all_out(body: Body) -> list[Stmt]:
    """Statements at the end of a nested block that carry its unread values out."""
    statements: list[Stmt] = []
    for variable in body.scope.unread():
        statements += carry_out(body, variable)
    return statements


def carry_out(body: Body, variable: Variable, blocks: int = -1) -> list[Stmt]:
    """Statements that carry one unread value out of the innermost block: into one of the first ``blocks`` blocks."""
    outer = addable_variables(body, body.scope.blocks[:blocks])
    kernel = isinstance(body.function, KernelFunction)
    if types.differentiable(variable.type):
        near = [v for v in outer if types.differentiable(v.type)]
        outer = near if near or kernel else outer
    if outer and (not kernel or body.chooser.chance(70)):
        same = [v for v in outer if v.type is variable.type]
        target = body.chooser.choose(same or outer)
        return [_add(body, target, variable)]
    return store(body, [variable])


def _add(body: Body, target: Variable, variable: Variable) -> Stmt:
    body.used.add("augment")
    value = convert(body, body.read(variable), variable.type, target.type)  # type: ignore[arg-type]
    body.mark_changed(target)
    operator = body.chooser.choose(("+", "-"))
    if body.chooser.chance(50):
        return spell.assign(target.node, spell.binary(operator, target.node, value))
    return spell.augment(target.node, operator, value)


def store(body: Body, variables: list[Variable]) -> list[Stmt]:
    """Statements of a kernel that store values into the thread's cells of output arrays."""
    assert isinstance(body.function, KernelFunction)
    statements: list[Stmt] = []
    for variable in variables:
        assert isinstance(variable.type, type)
        t, value = variable.type, body.read(variable)
        while types.kind(t) == "struct" and not (launchable(t) and body.chooser.chance(50)):
            field, t = body.chooser.choose(list(types.fields(t).items()))
            value = spell.attribute(value, field)
        out = body.function.output(body, t)
        body.used.add("store")
        cell = body.function.cell(body, out)
        if addable(t) and (out.stored or body.chooser.chance(35)):
            statements.append(spell.augment(cell, "+", value))
        elif out.stored:  # written before: another store would overwrite the first
            out = body.function.new_output(body, t)
            statements.append(spell.assign(body.function.cell(body, out), value))
        else:
            statements.append(spell.assign(cell, value))
        out.stored = True
    return statements


def convert(body: Body, value: Expr, source: Value, target: Value) -> Expr:
    """The value as one of type ``target``, through a component and a conversion where types differ."""
    if source is target:
        return value
    if types.kind(source) == "struct":
        field, t = body.chooser.choose(list(types.fields(source).items()))
        body.used.add("field")
        return convert(body, spell.attribute(value, field), t, target)
    if types.is_composite(source):
        index = body.chooser.choose(list(types.components(source)))
        body.used.add("component")
        return convert(body, spell.subscript(value, *map(spell.integer, index)), types.scalar(source), target)
    part = types.scalar(target)
    if source is wp.bool:
        body.used.add(types.signature("where", wp.bool, part, part))
        one, zero = literals.constant(part, 1), literals.constant(part, 0)
        return convert(body, spell.call("wp.where", value, one, zero), part, target)
    if source is not part:
        value = _scalar(body, value, source, part)
    if part is target:
        return value
    return spell.call(types.spelling(target), value)


def _scalar(body: Body, value: Expr, source: Value, target: Value) -> Expr:
    if types.kind(source) == "float" and types.kind(target) == "int":
        value, used = guards.clamp(source, cast_range(target), value)
        body.used.update(used)
    body.used.add(types.signature(types.name(target), source))
    if types.name(target) in WIDENING:
        value = body.nonconstant(source, value)
    return spell.call(types.spelling(target), value)


def gather(body: Body, t: Value, base: Expr | None, variables: Sequence[Variable] | None = None) -> Expr:
    """One value of type ``t`` that every unread value of the innermost block, or of those given, flows into."""
    total = base
    for variable in body.scope.unread() if variables is None else variables:
        value = convert(body, body.read(variable), variable.type, t)  # type: ignore[arg-type]
        total = value if total is None else spell.binary("+", total, value)
    return body.expr(t, 2) if total is None else total
