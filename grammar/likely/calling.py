"""Draws calls of the program's own functions: as operands, of several results, and for what they do to arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import instances
from warpsmith.grammar.likely.drawing import sources_of
from warpsmith.grammar.likely.scope import Drawn, OwnFunction, name_of
from warpsmith.grammar.likely.varying import VAGUELY
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.statements import BodyWriter
    from warpsmith.grammar.likely.writer import Writer

KEYWORDS = 6
"""Percent of the calls that name their last arguments."""
SEVERAL = "several"
"""The head of a statement that binds the results of a function, each to a name."""
_LEFT_OUT = 50
"""Percent of the calls of a function with defaults that leave out an argument."""


def own(writer: Writer, rule: Rule, place: RuleContext, depth: int, *, vary: bool = False) -> Drawn:
    """A call of a function that yields what the rule does; one that varies, if it is to."""
    options = [c for c in writer.builder.callees if c.yields(rule.result) and (any(c.effects) or not vary)]
    return called(writer, writer.chooser.choose(options), place, depth)


def called(writer: Writer, callee: OwnFunction, place: RuleContext, depth: int) -> Drawn:
    """A call of a function; the type is that of its first result, or none."""
    writer.builder.called.add(callee.name)
    writer.spend(callee.name)
    operands: list[Drawn] = []
    omits = callee.defaults and writer.chooser.chance(_LEFT_OUT)
    left_out = writer.chooser.integer(1, callee.defaults) if omits else 0
    for number, t in enumerate(callee.parameters[: len(callee.parameters) - left_out]):
        if isinstance(t, Array):
            operands.append(writer.handed(t, _needs(callee, number), callee.modes[number]))
            continue
        if t is writer.builder.holder.type:
            operands.append(writer.builder.holder.handed(writer, callee))
            continue
        if types.is_struct(t):
            operands.append(instances.operand(writer, t, _needs(callee, number), depth))
            continue
        below = place.below("own", number, operands[-1].head if operands else "")
        vary = number + 1 == len(callee.parameters) - left_out and not any(o.varies for o in operands)
        operands.append(writer.draw(name_of(t), below, depth + 1, _needs(callee, number), operands, vary=vary))
    operands = writer.arguments(callee, operands)
    varies = frozenset().union(*(o.varies for o, e in zip(operands, callee.effects, strict=False) if e))
    if not varies and any(o.varies for o in operands):
        varies = VAGUELY
    plain = len(operands) - max(0, callee.named - left_out)
    if depth == 0 and plain > 1 and not callee.generic and writer.chooser.chance(KEYWORDS):
        plain -= writer.chooser.integer(1, min(2, plain - 1))
    keywords = {n: o.node for n, o in zip(callee.names[plain : len(operands)], operands[plain:], strict=True)}
    node = spell.call(callee.name, *(o.node for o in operands[:plain]), **keywords)
    drawn = Drawn(
        node, callee.results[0] if callee.results else None, "own", sources=sources_of(operands), varies=varies
    )
    if any(mode not in ("", "read") for mode in callee.modes):
        writer.writes(drawn)
    return drawn


def _needs(callee: OwnFunction, number: int) -> Interval | None:
    r = callee.ranges[number]
    return None if r is None else Interval(*r)


def uncalled(body: BodyWriter) -> list[OwnFunction]:
    """The functions that nothing has called."""
    return [c for c in body.builder.callees if c.name not in body.builder.called]


def owed(body: BodyWriter) -> bool:
    """Whether it is time to call one of these."""
    count = len(uncalled(body))
    return count > 0 and (body.most - body.count <= 2 * count or body.chooser.chance(20))


def several(body: BodyWriter) -> list[OwnFunction]:
    """The functions of several results."""
    return [c for c in body.builder.callees if len(c.results) > 1]


def procedures(body: BodyWriter) -> list[OwnFunction]:
    """The functions that return nothing."""
    return [c for c in body.builder.callees if not c.results]


def call(body: BodyWriter, callee: OwnFunction) -> Stmt:
    """A statement that calls the function and binds what it returns."""
    value = called(body.writer, callee, RuleContext(("new#0", "body", "")), 0)
    if not callee.results:
        return spell.expression(value.node)
    if len(callee.results) == 1:
        return body.declared(value)
    for t in callee.results:
        body.declared(replace(value, type=t))
    names = [spell.name(v.name) for v in body.writer.variables[-len(callee.results) :]]
    return spell.assign(spell.bare_tuple(names), value.node)
