"""Where values go that nothing has read by the end of their block: into an outer variable, an output, or the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import instances, probes, tiles
from warpsmith.grammar.likely.drawing import SHORT, fixed
from warpsmith.grammar.likely.joining import chosen, converted, joined, together
from warpsmith.grammar.likely.scope import Drawn, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.likely.varying import floating
from warpsmith.grammar.profile import Rule, RuleContext, statement_contexts
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import Array, Value

ACCUMULATED = {
    "float32": ("float", (spell.floating(0.0),)),
    "int32": ("int", (spell.integer(0),)),
    "vec3f": ("wp.vec3", ()),
}
"""What blocks add to, and what it starts from: a call, because Warp lets no loop change a literal."""
MOST_EFFECTS = 4
"""Atomics and stores of tiles in a function."""
_ADDED = RuleContext(("aug:Add:name#1", "body", ""), "name:local")
_ADDING = ("aug:Add", "aug:Sub", "aug:BitOr", "aug:BitXor")
AT_ONCE = 3
"""So many unread values flow into one statement."""


class FlowWriter(StoreWriter):
    """The statements that unread values flow into.

    Attributes:
        pending: declarations of variables that a block needs, which go before the statement of the body that we are in.
    """

    def __init__(self, writer: object, kind: str) -> None:
        super().__init__(writer, kind)  # type: ignore[arg-type]
        self.builder = self.writer.builder
        self.pending: list[Stmt] = self.writer.hoisted

    def carried_out(self, level: int, block: str, before: tuple[str, ...]) -> list[Stmt]:
        """Statements at the end of a block that take its unread values out.

        Args:
            level: of the block's own variables.
            block: what the block belongs to.
            before: summaries of the statements before, the nearest first.
        """
        statements = tiles.stored(self.writer, level)
        if not level and self.kind == "kernel" and not self.storing:
            return probes.said(self)
        statements += self.added(level)
        while values := [v for v in self.writer.unread(level) if not v.start]:
            group = [v for v in values if v.type is values[0].type] if self.chooser.chance(50) else values
            statements.append(self._outlet(group[:AT_ONCE], level, statement_contexts(self.kind, block, before)))
        return statements

    def added(self, level: int) -> list[Stmt]:
        """Statements that add to the block's locals that are there to be added to, and hold what they started from."""
        statements: list[Stmt] = []
        for v in [v for v in self.writer.unread(level) if v.start and self.may_change(v)]:
            t = v.type
            assert isinstance(t, type)
            others = [o for o in self.writer.unread(level) if not o.start and (floating(t) or not floating(o.type))]
            others = [o for o in others if types.kind(o.type) != "struct"]
            if others:
                value = joined(self.writer, sorted(others, key=lambda o: o.type is not t)[: AT_ONCE - 1], t)
            else:
                value = self.writer.draw(name_of(t), _ADDED, 0, vary=True)
            statements.append(spell.augment(spell.dotted(v.name), "+", value.node))
            v.changed(self.writer.changing(value))
        return statements

    def leaves(self, test: Drawn, *blocks: list[Stmt]) -> None:
        """Notes that a kernel may be over where the test holds: who asks the thread's index, asks some threads only."""
        if self.kind != "kernel" or not any(b and _returns(b[-1]) for b in blocks):
            return
        names = {n.value for n in _nodes(test.node) if isinstance(n, cst.Name)}
        self.writer.guarded |= names.isdisjoint(v.name for v in self.writer.threads)

    def fed(self, statements: list[Stmt], last: int = 0) -> None:
        """Adds a statement that an input flows into an output by: at the end, but before all threads may return.

        Args:
            statements: the body.
            last: how many statements stay at its end.
        """
        value = self._input()
        if self.writer.guarded:
            first = next(n for n, s in enumerate(statements) if _returns(s))
            statements.insert(first, self._alone(value))
        else:
            statements.insert(len(statements) - last, self._flowing(value))

    def _alone(self, value: Drawn) -> Stmt:
        """The store of a value to an array that nothing else writes to or reads."""
        threads = self.writer.threads
        array = self.writer.parameter(Array(value.type, max(1, len(threads))), written=True)  # type: ignore[arg-type]
        array.mode, array.axes = "store", tuple(v.name for v in threads) or ("",)
        self.writer.written.append(value)
        return spell.assign(self.writer.element(array, []).node, value.node)

    def _flowing(self, value: Drawn) -> Stmt:
        v = LocalName("", value.type, "local", value.bounds, value.sources, node=value.node, varies=value.varies)  # type: ignore[arg-type]
        return self._outlet([v], 0, statement_contexts(self.kind, "body", ("",)))

    def _input(self) -> Drawn:
        """An input that nothing writes to: rather one that nothing has read."""
        options = [
            v
            for v in self.writer.variables
            if v.input
            and v.mode in ("", "read")
            and not v.siblings
            and not isinstance(v.type, TileForm)
            and name_of(v.type.dtype if isinstance(v.type, Array) else v.type) in ACCUMULATED
        ]
        unread = [v for v in options if not v.reads]
        wanted = Array(wp.float32, len(self.writer.threads)) if self.writer.threads else wp.float32
        v = self.writer.pick(unread or options or [self.writer.parameter(wanted)])
        v.kept = True
        return self.writer.element(v, []) if isinstance(v.type, Array) else self.writer.read(v)

    def gathered(self, most: int) -> list[Stmt]:
        """Statements that bring unread values together until there are no more than so many."""
        statements: list[Stmt] = []
        while len(values := [v for v in self.writer.unread() if not v.start]) > max(1, most):
            statements.append(self.declared(joined(self.writer, values[:AT_ONCE])))
        return statements

    def result(self, value: Drawn, level: int) -> Drawn:
        """What a function returns, with what is unread in it."""
        t = value.type
        left = [v for v in self.writer.unread(level) if not v.start]
        if types.is_struct(t):
            return self._struct(value, left) if left else value
        if not left or not isinstance(t, type) or types.kind(t) not in ("bool", "int", "float", "vec", "mat"):
            return value
        more = joined(self.writer, left)
        if types.scalar(t) in types.INTEGERS and floating(more.type):  # nobody rounds what has no bounds
            return chosen(self.writer, converted(self.writer, more, wp.bool), value)
        if t is wp.bool:
            more = converted(self.writer, more, t)
        return converted(self.writer, together(self.writer, value, more), t)

    def _struct(self, value: Drawn, left: list[LocalName]) -> Drawn:
        """The struct that a function returns, with unread values in its first field."""
        own = next((v.parts for v in self.writer.variables if v.parts and v.name == value.name), [])
        first = next(iter(types.fields(self.builder.records.element()).values()))
        more = joined(self.writer, left)
        if not own:
            place, rule = RuleContext(("return#0", "body", "")), Rule("struct:given", (), instances.NAME)
            return instances.made(self.writer, rule, place, 1, converted(self.writer, more, first))
        fields = [self.writer.read(v) for v in own]
        return instances.of(
            self.writer, [converted(self.writer, together(self.writer, fields[0], more), first), *fields[1:]]
        )

    def declared(self, value: Drawn) -> Stmt:
        """A new local of that value."""
        raise NotImplementedError

    def _outlet(self, values: list[LocalName], level: int, contexts: list[str]) -> Stmt:
        """One statement that reads the values: what people write at such a place, if that takes such ones."""
        wanted = self._outputs(values)
        known = {t for t in wanted if level and self.rebindable(t, level)}
        rule = self.writer.choose(contexts, lambda r: self._takes(r, wanted, known))
        if rule is None:
            rule = self._plain_outlet(sorted(wanted)[0], known)
        self.flowing, self.outwards = values, True
        place = RuleContext((f"{rule.head}#0", "body", ""))
        kind = rule.kind
        if kind == "expr":
            return self._atomic(place)[0]
        if kind == "old" or rule.head.endswith(":name"):
            return self._rebind(rule, place, level)[0]
        return self._store(rule, place)[0]

    def _takes(self, rule: Rule, wanted: set[str], known: set[str]) -> bool:
        kind, what = rule.kind, rule.what
        if kind == "expr":
            return self.storing and self.effects < MOST_EFFECTS and bool(wanted & set(ACCUMULATED))
        if kind == "old":
            return rule.operands[0] in known
        if kind == "aug" and rule.operands[0] == rule.operands[1] and what.startswith(("Add", "Sub")):
            t = rule.operands[0]
            return t in wanted & known if what.endswith(":name") else self.storing and t in wanted
        return kind == "store" and self.storing and rule.operands[0] in wanted

    def _outputs(self, values: list[LocalName]) -> set[str]:
        """Types that the values may leave as: their own, or those of the outputs where there are enough."""
        floats = {name_of(v.type) for v in values if floating(v.type)}
        wanted = floats or {name_of(v.type) for v in values}
        if not self.storing:
            return wanted
        if not self.writer.acceptable():
            free = [v.type for v in self.writer.variables if self.storable(v) and not v.stored]
            arrays = {name_of(t.dtype) for t in free if isinstance(t, Array) and (floating(t.dtype) or not floats)}
            return wanted & arrays or arrays & set(ACCUMULATED) or wanted
        stored = {
            r.operands[0]
            for r in map(Rule.parse, self.builder.profile.rules.get("s0|body", {}))
            if r.head == "store:item"
        }
        return wanted & (stored | set(ACCUMULATED)) or {"float32"}

    def _plain_outlet(self, name: str, known: set[str]) -> Rule:
        if self.storing:
            return Rule("store:item", (name,))
        t = name if name in known or name in ACCUMULATED else "float32"
        return Rule("aug:Add:name", (t, t)) if types.kind(_value(t)) in ("int", "float", "vec") else Rule("old", (t,))

    # -- outer variables -----------------------------------------------------------------------------------------------

    def rebindable(self, t: str, level: int = 0, head: str = "") -> list[LocalName]:
        """Locals of the type that may be bound again here: within a loop those of which nothing is known.

        Args:
            t: the type's name.
            level: those of fewer blocks are meant; 0 for all whose value something has read.
            head: of the statement, which may make something of a value that nothing has read.
        """
        return [
            v
            for v in self.writer.variables
            if v.origin == "local"
            and v.whole is None
            and not v.parts
            and name_of(v.type) == t
            and (v.level < level if level else not v.unread or self._startable(v, head))
            and self.may_change(v)
        ]

    def may_change(self, v: LocalName) -> bool:
        """Whether a local may be bound again here: within a loop nothing may be known of it."""
        here = any(v is other for other in self.writer.variables)
        return here and v.origin == "local" and self.changeable(v)

    def _accumulator(self, t: str) -> LocalName:
        """A new local that a block adds to; it is declared before the statement of the body that we are in."""
        start, zero = ACCUMULATED[t]
        v = self.builder.variable(type_of(t), "local")
        self.writer.variables.append(v)
        self.pending.append(spell.assign(spell.name(v.name), spell.call(start, *zero)))
        return v

    def _rebind(self, rule: Rule, place: RuleContext, level: int = 0) -> tuple[Stmt, str]:
        t = rule.operands[0]
        options = self.rebindable(t, level, rule.head)
        started = [v for v in options if v.start]
        v = self.chooser.choose(started or options or [self._accumulator(t)])
        target = spell.name(v.name)
        if rule.head == "old":
            value = self.unfolded(self._value(t, place), v)
            statement = spell.assign(target, value.node)
            v.literal |= fixed(value)
        else:
            value, operator = self._augmenting(rule, place, "name:local")
            statement = spell.augment(target, operator, value.node)
        v.changed(self.writer.changing(value))
        v.reads = 0
        return statement, f"{rule.head}={value.head}"

    def _startable(self, v: LocalName, head: str) -> bool:
        """Whether such a statement makes something of what the local starts from."""
        return v.start and (head.startswith(_ADDING) or (head == "old" and v.level < self.writer.level))

    def unfolded(self, value: Drawn, v: LocalName | None = None) -> Drawn:
        """The value; in a loop within a loop no literal, because an outer loop that Warp unrolls binds it again.

        In any loop none for a variable that a conversion reads there: on its next trip it would be a literal's.
        """
        widened = v is not None and v.widened and self.writer.loops > 0
        if (
            (self.writer.loops < 2 and not widened)
            or value.type not in SHORT
            or not value.head.startswith(("const:", "un:", "name:"))
        ):
            return value
        name = SHORT[value.type]
        return replace(value, node=spell.call(name, value.node), head=f"call:{name}")


def _value(name: str) -> Value:
    t = type_of(name)
    assert isinstance(t, type)
    return t


def _returns(statement: cst.CSTNode) -> bool:
    return any(isinstance(n, cst.Return) for n in _nodes(statement))


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it. libcst's matchers find them, too, but take as long to import as Warp."""
    yield node
    for child in node.children:
        yield from _nodes(child)
