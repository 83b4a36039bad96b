"""Rows of arrays of several dimensions: bound to a name, ``row = a[i]``, or read at once, ``a[i][j]``.

A row shares its elements with the array, which nothing stores to: whatever is asked of one is asked of the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warpsmith.grammar import spell
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, name_of, type_of
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer


def concerns(rule: Rule) -> bool:
    """Whether the rule yields a row of an array."""
    return rule.kind == "item" and rule.result.startswith("array")


def _arrays(writer: Writer, t: Kind) -> list[LocalName]:
    """The arrays that rows can be taken of."""
    return [v for v in writer.indexable(t) if not v.base and v.whole is None and v.mode in ("", "read")]


def feasible(writer: Writer, rule: Rule) -> bool:
    """Whether a row can be taken so."""
    return bool(_arrays(writer, type_of(rule.operands[0])) or writer.acceptable())


def _whole(writer: Writer, t: Kind) -> LocalName:
    array = writer.pick(_arrays(writer, t) or [writer.parameter(t)])
    array.rows = True
    return array


def bound(writer: Writer, rule: Rule, place: RuleContext) -> Drawn:
    """An element of a row that the statement before binds to a name."""
    t = type_of(rule.result)
    assert isinstance(t, Array)
    array = _whole(writer, type_of(rule.operands[0]))
    indices = writer.indices(rule, array, place, 0)
    array.reads += 1
    array.mode = "read"
    for axis, index in zip(array.reach, indices, strict=False):
        axis.append(index.bounds)
    row = writer.builder.variable(t, "local", writer.loops, writer.level)
    row.mode, row.rows, row.bounds, row.sources = "read", True, array.bounds, frozenset({array})
    row.reach = array.reach[len(indices) :]
    array.siblings = array.siblings or [array]
    array.siblings.append(row)
    row.siblings, row.range = array.siblings, array.range
    node = spell.subscript(spell.dotted(array.name), *(i.node for i in indices))
    writer.before.append(spell.assign(spell.name(row.name), node))
    element = Rule(f"item:{t.ndim}", (rule.result, *("int32",) * t.ndim), name_of(t.dtype))
    at = writer.indices(element, row, RuleContext(("new#0", *place.above[1:])), 1)
    writer.variables.append(row)
    return writer.element(row, at)


def chained(writer: Writer, rule: Rule, place: RuleContext, depth: int) -> Drawn | None:
    """An element that is read of a row, ``a[i][j]``, where people have that; ``None`` where they have another array."""
    wanted = rule.operands[0]
    inner = writer.choose(
        place.below(rule.head, 0, "").contexts(wanted),
        lambda r: r.kind in ("name", "field") or (concerns(r) and feasible(writer, r)),
    )
    if inner is None or not concerns(inner):
        return None
    array = _whole(writer, type_of(inner.operands[0]))
    both = Rule("item:2", (inner.operands[0], *inner.operands[1:], *rule.operands[1:]), rule.result)
    indices = writer.indices(both, array, place, depth)
    value = writer.element(array, indices)
    count = len(inner.operands) - 1
    row = spell.subscript(spell.dotted(array.name), *(i.node for i in indices[:count]))
    return replace(value, node=spell.subscript(row, *(i.node for i in indices[count:])), head=rule.head)
