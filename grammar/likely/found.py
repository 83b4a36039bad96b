"""What an atomic finds, ``old = wp.atomic_add(a, i, x)``, where no other thread may have been there before.

Of an element that several threads update, each finds another value, depending on who comes first. So the indices are
the thread's own, and nothing else reads or writes the array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warpsmith.grammar import spell
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, name_of, type_of
from warpsmith.grammar.likely.varying import VAGUELY
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

HEAD = "found"
"""How the head of such a rule begins."""


def feasible(writer: Writer, rule: Rule, depth: int) -> bool:
    """Whether every thread has an element of a new array to itself; and whether it is the whole of a statement's value.

    An operand would be evaluated in an order that is not specified.
    """
    axes = len(rule.operands) - 2
    outside = not depth and not writer.loops and not writer.branches
    if not (writer.kernel and outside and len(writer.threads) <= axes):
        return False
    return writer.acceptable() or bool(_free(writer, type_of(rule.operands[0])))


def _free(writer: Writer, t: Kind) -> list[LocalName]:
    """The parameters of the type that nothing reads or writes."""
    return [
        v
        for v in writer.variables
        if v.origin == "param" and v.type == t and v.mode == "" and not (v.reads or v.accesses or v.siblings or v.kept)
        if v.parameter == v.name and v.range is None and not v.rows
    ]


def drawn(writer: Writer, rule: Rule, place: RuleContext) -> Drawn:
    """The call."""
    t = type_of(rule.operands[0])
    assert isinstance(t, Array)
    free = _free(writer, t)
    array = writer.chooser.choose(free) if free else writer.parameter(t, whole=True)
    array.mode = rule.head
    array.axes = tuple(v.name for v in writer.threads) + ("",) * (t.ndim - len(writer.threads))
    index = Rule(f"item:{t.ndim}", rule.operands[:-1], name_of(t.dtype))
    indices = writer.indices(index, array, place, 0)
    writer.reached(array, indices)
    value = writer.draw(rule.operands[-1], place.below(rule.head, len(rule.operands) - 1, indices[-1].head), 1)
    nodes = [spell.name(array.name), *(i.node for i in indices), value.node]
    return Drawn(spell.call(rule.what, *nodes), t.dtype, rule.head, varies=VAGUELY)
