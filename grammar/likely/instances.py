"""Structs that a function makes or reads as a whole: how they are made, bound, read and stored, and their fields.

The fields of a local are variables of their own, ``p.x``: what nothing has read of them flows on like other values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import records
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.drawing import sources_of
from warpsmith.grammar.likely.scope import STRUCT, Drawn, Kind, LocalName, name_of, type_of
from warpsmith.grammar.likely.varying import startable, united
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.stores import StoreWriter
    from warpsmith.grammar.likely.writer import Writer

NAME = name_of(STRUCT)
OTHER_UPDATES = ("aug:Mult", "aug:Div", "aug:FloorDiv", "aug:Mod", "aug:Pow")
"""Of parts of an array's element these have no derivative, and Warp refuses them where a struct holds the array."""
_ELEMENT = f"item:1\t{NAME}\tarray1d[{NAME}]\tint32"
_LOCAL = 50
"""Percent of the structs handed to a function that are locals, where there are any; of the rest, new parameters."""
_UNREAD = 50
"""Percent of the fields that are for use of a struct that is read from somewhere."""


def concerns(rule: Rule) -> bool:
    """Whether the rule reads a field, or yields a struct in another way than a call of a function."""
    return rule.kind in ("field", "struct") or (rule.result == NAME and rule.kind in ("name", "item"))


def feasible(writer: Writer, rule: Rule, needs: Interval | None) -> bool:
    """Whether such a rule can be drawn."""
    kind = rule.kind
    if kind == "field":
        return rule.operands == (NAME,) and rule.result != NAME and bool(_forms(writer, type_of(rule.result), needs))
    if kind == "struct":
        return writer.left > 1
    if kind == "name":
        return bool(_wholes(writer, rule.what))
    return str(rule) == _ELEMENT and bool(_arrays(writer) or (writer.kernel and writer.acceptable()))


# --- fields -----------------------------------------------------------------------------------------------------------


def _forms(writer: Writer, t: Kind, needs: Interval | None) -> dict[str, list[LocalName]]:
    """By the head of what a field of that type may be read of: the fields; none where there would be a new one."""
    there = [v for v in writer.variables if v.type == t and v.readable and not v.member and not v.start]
    there = writer.within(there, needs)
    found = {
        "name:local": [v for v in there if v.whole is not None],
        "name:param": [v for v in there if v.holder] + ([] if isinstance(t, Array) else _given(writer, t, needs)),
    }
    if isinstance(t, type):
        found["item:1"] = [v for v in writer.indexable(Array(t)) if v.base]
    more = {"name:param"} if writer.builder.holder.allows(t) else set()
    if writer.kernel and isinstance(t, type) and writer.builder.records.has(t):
        more.add("item:1")
    return {head: v for head, v in found.items() if v or (head in more and writer.acceptable())}


def _given(writer: Writer, t: Kind, needs: Interval | None) -> list[LocalName]:
    """Fields of structs that a function is given by themselves."""
    fields = [v for v in writer.variables if v.base and v.type == t and v.readable]
    return [] if writer.kernel else writer.within(fields, needs)


def _chosen(writer: Writer, forms: dict[str, list[LocalName]], place: RuleContext) -> tuple[str, list[LocalName]]:
    """What a field is read of or stored to, as people have it there."""
    rule = writer.choose(place.contexts(NAME), lambda r: r.head in forms)
    head = rule.head if rule is not None else next(iter(forms))
    return head, forms[head]


def read(writer: Writer, rule: Rule, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    """A field of a struct."""
    t = type_of(rule.result)
    head, fields = _chosen(writer, _forms(writer, t, needs), place.below(rule.head, 0, ""))
    if head != "item:1":
        return writer.read(writer.pick(fields) if fields else writer.builder.holder.field(writer, t))  # type: ignore[arg-type]
    fields = fields or [v for v in writer.builder.records.added(writer) if v.type == Array(t)]  # type: ignore[arg-type]
    array = writer.pick(fields)
    below = RuleContext(("field#0", *place.above[:2]))
    return writer.element(array, writer.indices(Rule("item:1", (NAME, "int32"), NAME), array, below, depth))


def held(writer: Writer, t: Array, place: RuleContext) -> LocalName | None:
    """An array that is a field, where people have such a one there; ``None`` where they have another."""
    if not writer.builder.holder.allows(t):
        return None
    rule = writer.choose(place.contexts(name_of(t)), lambda r: r.head.startswith(("field", "name")))
    if rule is None or rule.head != "field":
        return None
    options = [v for v in writer.indexable(t) if v.holder]
    if not options and not writer.acceptable():
        return None
    return writer.pick(options) if options else writer.builder.holder.field(writer, t)


def storable(body: StoreWriter, head: str, t: Kind) -> bool:
    """Whether there is a field that a value of the type can be stored to, or that it can update."""
    return bool(_targets(body, head, t))


def _targets(body: StoreWriter, head: str, t: Kind) -> dict[str, list[LocalName]]:
    """By the head of what a field of that type may be stored to of: the fields; none where there would be a new one."""
    writer = body.writer
    if not isinstance(t, type) or types.is_struct(t):  # no program of ours lets a struct hold another array
        return {}
    own = [v for v in writer.variables if v.whole is not None and v.type == t and body.changeable(v)]
    forms = {} if body.outwards else {"name:local": own}
    if head.startswith(OTHER_UPDATES):
        return {h: v for h, v in forms.items() if v}
    forms["item:1"] = [v for v in writer.indexable(Array(t)) if v.base and body.storable(v) and not v.stored]
    new = body.storing and len(writer.threads) < 2 and writer.builder.records.has(t) and writer.acceptable()
    return {head: v for head, v in forms.items() if v or (head == "item:1" and new)}


def target(body: StoreWriter, head: str, t: Kind, place: RuleContext) -> tuple[Expr, LocalName | None] | None:
    """A field that a value of the type is stored to: of a local, or of the thread's element of an array.

    Args:
        body: writes to it.
        head: the statement's.
        t: the field's type.
        place: where the statement stands.

    Returns:
        The field, and the variable that it is, if it is a local's; ``None`` where there is none.
    """
    writer, forms = body.writer, _targets(body, head, t)
    if not forms:
        return None
    assert isinstance(t, type)
    head, fields = _chosen(writer, forms, place.below("field", 0, ""))
    if head == "name:local":
        v = body.chooser.choose(fields)
        return spell.dotted(v.name), v
    fields = fields or [v for v in writer.builder.records.added(writer) if v.type == Array(t)]
    array = body.chooser.choose(fields)
    return body.cell(body.cell_rule(array), array, place), None


# --- whole structs ----------------------------------------------------------------------------------------------------


def _groups(writer: Writer) -> list[list[LocalName]]:
    """The structs that are parameters, and the arrays of them, each by its fields."""
    return records.grouped([v for v in writer.variables if v.base])


def _wholes(writer: Writer, origin: str) -> list[LocalName]:
    """What is a struct as a whole: a local, or a field that stands for the parameter that it belongs to."""
    if origin == "local":
        return [v for v in writer.variables if _filled(v)]
    return [g[0] for g in _groups(writer)] if not writer.kernel else []


def _filled(v: LocalName) -> bool:
    """Whether the local is a struct that holds more than what its fields start from."""
    return any(not part.start for part in v.parts)


def _arrays(writer: Writer) -> list[list[LocalName]]:
    """The arrays of structs, each by its fields."""
    groups = _groups(writer) if writer.kernel else []
    return [g for g in groups if all(v.readable for v in g)]


def drawn(writer: Writer, rule: Rule, place: RuleContext, depth: int) -> Drawn:
    """A struct by the rule."""
    if rule.kind == "struct":
        return made(writer, rule, place, depth)
    if rule.kind == "name":
        v = writer.chooser.choose(_wholes(writer, rule.what))
        return whole(v) if v.parts else records.whole(writer, [v])
    fields = writer.chooser.choose(_arrays(writer) or [writer.builder.records.added(writer)])
    return records.whole(writer, fields, writer.indices(rule, fields[0], place, depth))


def whole(v: LocalName) -> Drawn:
    """A local that is a struct, all of whose fields are read by that."""
    v.reads += 1
    for part in v.parts:
        part.reads += 1
        part.unread = False
    varies = v.varies.union(*(part.varies for part in v.parts))
    return Drawn(spell.name(v.name), v.type, "name:local", name=v.name, varies=varies)


def made(writer: Writer, rule: Rule, place: RuleContext, depth: int, first: Drawn | None = None) -> Drawn:
    """A struct that is made there of nothing, or of its fields, in order or by name.

    Args:
        writer: of the function.
        rule: how.
        place: where.
        depth: how many operations enclose it.
        first: the first field, if it is there already.
    """
    t = writer.builder.records.element()
    writer.builder.records.used = True
    if rule.head == "struct:new":
        return Drawn(spell.call(t.__name__), t, rule.head)
    fields, values = types.fields(t), [first] if first is not None else []
    for number, f in list(enumerate(fields.values()))[len(values) :]:
        below = place.below(rule.head, number, values[-1].head if values else "")
        values.append(writer.draw(name_of(f), below, depth + 1, None, values))
    return of(writer, values, named=rule.head == "struct:named")


def of(writer: Writer, values: list[Drawn], *, named: bool = False) -> Drawn:
    """A struct of those fields, in order or by name."""
    t, nodes = writer.builder.records.element(), [v.node for v in values]
    by_name = dict(zip(types.fields(t), nodes, strict=True))
    call = spell.call(t.__name__, **by_name) if named else spell.call(t.__name__, *nodes)
    return Drawn(
        call, t, "struct:named" if named else "struct:given", sources=sources_of(values), varies=united(values)
    )


def declared(writer: Writer, value: Drawn) -> Stmt:
    """A new local that is a struct; some of its fields are for use."""
    t = value.type
    assert isinstance(t, type)
    writer.builder.records.used = True
    v = writer.builder.variable(t, "local", writer.loops, writer.level)
    fresh = value.head.startswith(("struct", "own"))
    for name, f in types.fields(t).items():
        part = LocalName(f"{v.name}.{name}", f, "local", loops=v.loops, level=v.level, whole=v, varies=value.varies)
        if not fresh:
            part.bounds, part.sources = value.bounds, value.sources
        part.start = value.head == "struct:new" and startable(f)
        part.unread = value.head != "struct:new" and (fresh or writer.chooser.chance(_UNREAD))
        v.parts.append(part)
    if not any(part.unread for part in v.parts):
        v.parts[0].unread = True
    writer.variables += [v, *v.parts]
    return spell.assign(spell.name(v.name), value.node)


def within(v: LocalName, needs: Interval | None) -> bool:
    """Whether all fields of a local lie there."""
    return needs is None or all(inside(part.bounds(), needs) for part in v.parts)


def operand(writer: Writer, t: Value, needs: Interval | None, depth: int) -> Drawn:
    """A struct that a function is given: one that is there, an element of an array, or one made of its fields."""
    locals_ = [v for v in writer.variables if _filled(v) and within(v, needs)]
    if locals_ and writer.chooser.chance(_LOCAL):
        return whole(writer.chooser.choose(locals_))
    groups = [g for g in _groups(writer) if records.passable(writer, g, needs)]
    if not groups and writer.chooser.chance(_LOCAL):
        fields = writer.builder.records.added(writer)
        groups = [fields] if records.passable(writer, fields, needs) else []
    if groups and writer.chooser.chance(75):
        return records.whole(writer, writer.chooser.choose(groups))
    values: list[Drawn] = []
    for f in types.fields(t).values():
        value = writer.draw(name_of(f), RuleContext(("struct:named#0", "", ""), ""), depth + 1, needs)
        values.append(value if needs is None else writer.require(value, needs))
    writer.builder.records.used = True
    ends = None if needs is None or needs.low is None or needs.high is None else (needs.low, needs.high)
    return replace(of(writer, values, named=True), bounds=lambda: ends)
