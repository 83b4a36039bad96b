"""Draws idioms that are statements: each part as all statements are drawn, with what is given for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely.drawing import SHORT, fixed
from warpsmith.grammar.likely.idioms import Shape, changed, name_in, obtainable, shape, within
from warpsmith.grammar.likely.instances import OTHER_UPDATES
from warpsmith.grammar.likely.needs import operator_needs
from warpsmith.grammar.likely.reading import INDEX
from warpsmith.grammar.likely.scope import Drawn, LocalName, name_of, type_of
from warpsmith.grammar.operations.operators import SIGNS
from warpsmith.grammar.profile import Form, Rule, RuleContext
from warpsmith.grammar.spell import Expr, Stmt

if TYPE_CHECKING:
    from warpsmith.grammar.likely.statements import BodyWriter

JUMPS = ("return", "break", "continue")
MOST_RESULTS = 4
"""Of a function."""


def returnable(results: tuple[str, ...]) -> bool:
    """Whether a function may return such values: not too many, no arrays."""
    return 1 <= len(results) <= MOST_RESULTS and not any(t.startswith(("array", "tile")) for t in results)


def fits(body: BodyWriter, rule: Rule, block: str, depth: int, known: set[str], *, first: bool) -> bool:
    """Whether an idiom can be drawn as the next statements of a block."""
    idiom = body.builder.profile.idioms[name_in(rule)]
    found = shape(name_in(rule), idiom)
    writer = body.writer
    if (
        not body.builder.idiomatic
        or not found.sound
        or depth + found.blocks > body.deepest
        or writer.loops + found.loops > 2
    ):
        return False
    if found.threads and (body.kind != "kernel" or depth or not first):
        return False
    if found.stores and not body.storing:
        return False
    if found.jumps and (not writer.loops or block not in ("if", "else") or body.whiles):
        return False
    wanted = () if body.kind == "kernel" else tuple(map(types.name, body.results))
    settled = not found.returns or (found.returns == {wanted} and not body.open)
    if not (settled or (body.open and len(found.returns) == 1 and all(map(returnable, found.returns)))) or (
        idiom.forms[-1].head == "return" and not depth and body.kind == "kernel"
    ):
        return False
    if any(not (body.rebindable(t) if whole else body.vectors(t)) for whole, t in found.rebound):
        return False
    return obtainable(writer, idiom, known)


def drawn(
    body: BodyWriter, rule: Rule, block: str, before: tuple[str, ...], depth: int
) -> tuple[list[Stmt], tuple[str, ...]]:
    """The statements of an idiom, and the summaries of those before what comes next."""
    with within(body.writer, rule) as idiom:
        made = _Sequence(body, shape(name_in(rule), idiom))
        return made.statements(idiom.forms, block, before, depth)


class _Sequence:
    """Draws the statements of one idiom.

    Args:
        body: of the function.
        idiom: what is known of it.
    """

    def __init__(self, body: BodyWriter, idiom: Shape) -> None:
        self.body = body
        self.writer = body.writer
        self.idiom = idiom

    def statements(
        self, forms: Sequence[Form], block: str, before: tuple[str, ...], depth: int
    ) -> tuple[list[Stmt], tuple[str, ...]]:
        """Statements that follow each other."""
        made: list[Stmt] = []
        for form in forms:
            self.body.count += 1
            self.writer.level = depth
            made.append(self._statement(form, block, before, depth))
            before = (form.summary, *before)
        self.writer.level = depth
        return made, before

    def _statement(self, form: Form, block: str, before: tuple[str, ...], depth: int) -> Stmt:
        kind, _, what = form.head.partition(":")

        def at(number: int, left: str = "") -> RuleContext:
            return RuleContext((f"{form.head}#{number}", block, before[0]), left, form.operands[number])

        if kind == "tid":
            statement = self.body.threads(int(what))
            self.writer.slots.update(zip(form.names, self.writer.threads, strict=True))
            return statement
        if kind == "new":
            return self._new(form.names[0], self.writer.draw("", at(0)))
        if kind in ("if", "ifelse", "elif"):
            return self._branch(form, at(0), depth)
        if kind == "for":
            return self._for(form, at, depth)
        if kind == "return":
            return self._return(form, at, depth)
        if kind in ("break", "continue"):
            return spell.BREAK if kind == "break" else spell.CONTINUE
        if kind == "expr":
            return self._atomic(form.operands[0], at(0))
        if kind == "old" or what.endswith(":name"):
            return self._rebind(form, at)
        return self._store(form, at)

    # -- names ---------------------------------------------------------------------------------------------------------

    def _new(self, number: str, value: Drawn) -> Stmt:
        changing = number in self.idiom.changing
        value = _called(value) if changing else self.body.unfolded(value)
        statement = self.body.declared(value)
        v = self.writer.variables[-1]
        if changing:
            v.changed(value.varies)
        self.writer.slots[number] = v
        return statement

    def _rebind(self, form: Form, at: Callable[..., RuleContext]) -> Stmt:
        target = changed(form)
        assert target is not None
        v = self._rebindable(target)
        if v is None:
            return self._new(target.names[0], self.writer.draw(form.rule.operands[-1], at(len(form.operands) - 1)))
        if form.head == "old":
            value = self.body.unfolded(self.writer.draw(form.rule.operands[0], at(0)), v)
            statement = spell.assign(spell.name(v.name), value.node)
            v.literal |= fixed(value)
        else:
            value, operator = self._augmenting(form, at(1, "name:local"))
            statement = spell.augment(spell.name(v.name), operator, value.node)
        v.changed(self.writer.changing(value))
        return statement

    def _rebindable(self, target: Form) -> LocalName | None:
        """What the target stands for, or something else that may be bound again here."""
        v = self.writer.slots.get(target.names[0])
        t = target.rule.result
        if v is not None and self.body.may_change(v) and name_of(v.type) == t:
            return v
        options = self.body.rebindable(t)
        if not options:
            return None
        self.writer.slots[target.names[0]] = found = self.body.chooser.choose(options)
        return found

    def _augmenting(self, form: Form, place: RuleContext) -> tuple[Drawn, str]:
        operator = form.head.split(":")[1]
        needs = operator_needs(operator, type_of(form.rule.operands[1]))
        value = self.writer.draw(form.rule.operands[1], place, 0, needs)
        return (value if needs is None else self.writer.require(value, needs)), SIGNS[operator]

    # -- stores --------------------------------------------------------------------------------------------------------

    def _store(self, form: Form, at: Callable[..., RuleContext]) -> Stmt:
        target = self._target(form.operands[0], at(0), whole=form.head.startswith(OTHER_UPDATES))
        if form.head.startswith("aug"):
            value, operator = self._augmenting(form, at(1, form.operands[0].head))
            self.body.stores(value)
            return spell.augment(target, operator, value.node)
        value = self.writer.draw(form.rule.operands[0], at(1, form.operands[0].head))
        self.body.stores(value)
        return spell.assign(target, value.node)

    def _target(self, form: Form, place: RuleContext, *, whole: bool) -> Expr:
        """An element of an array that is the thread's own, or a component of a local vector."""
        inner = form.operands[0]
        v = self.writer.slots.get(inner.names[0]) if inner.names else None
        if not inner.rule.result.startswith("array"):
            vectors = self.body.vectors(form.rule.result)
            if vectors and not (v is not None and any(v is other for other in vectors)):
                v = self.body.chooser.choose(vectors)
            if vectors and v is not None:
                v.changed(frozenset())
                self.body.owner = v
                return self.body.part(form.rule, spell.dotted(v.name), place)[0]
        if v is None or not self.body.storable(v) or (whole and (v.member or v.holder)):
            v = self._output(inner.rule.result, form.rule.result, whole=whole)
            if inner.names:
                self.writer.slots[inner.names[0]] = v
        given = name_of(v.type) == inner.rule.result
        rule = form.rule if given else self.body.cell_rule(v)
        return self.body.cell(rule, v, place if given else replace(place, given=None))

    def _output(self, wanted: str, t: str, *, whole: bool) -> LocalName:
        """An array for what the idiom stores: one that nothing was stored to, or a new one."""
        arrays = [v for v in self.writer.variables if self.body.storable(v) and name_of(v.type.dtype) == t]  # type: ignore[union-attr]
        arrays = [v for v in arrays if not (whole and (v.member or v.holder))]
        fresh = [v for v in arrays if not v.stored]
        alike = [v for v in fresh if name_of(v.type) == wanted]
        if alike or fresh:
            return self.body.chooser.choose(alike or fresh)
        ndim = int(wanted[5]) if wanted.startswith("array") else 0
        if ndim < len(self.writer.threads) or not ndim:
            return self.body.output(type_of(t), arrays, whole=whole)
        return self.writer.parameter(type_of(wanted), whole=whole)

    def _atomic(self, form: Form, place: RuleContext) -> Stmt:
        """An atomic update of an array that nothing else reads or writes."""
        head, operands = form.head, form.rule.operands
        inner = form.operands[0]
        v = self.writer.slots.get(inner.names[0])
        if v is None or not self.body.updatable(v, head) or name_of(v.type) != operands[0]:
            known = [
                v for v in self.writer.variables if name_of(v.type) == operands[0] and self.body.updatable(v, head)
            ]
            v = self.body.chooser.choose(known) if known else self.writer.parameter(type_of(operands[0]), written=True)
            self.writer.slots[inner.names[0]] = v
        v.mode = head
        indices: list[Drawn] = []
        left = "name:param"
        for number, t in enumerate(operands[1:-1], 1):
            index = self.writer.draw(t, place.below(head, number, left), 1, INDEX)
            indices.append(self.writer.require(index, INDEX))
            left = indices[-1].head
        self.writer.reached(v, indices)
        value = self.writer.draw(operands[-1], place.below(head, len(operands) - 1, left), 1)
        self.writer.writes(value)
        nodes = [spell.dotted(v.name), *(i.node for i in indices), value.node]
        return spell.expression(spell.call(head.removeprefix("call:"), *nodes))

    # -- flow ----------------------------------------------------------------------------------------------------------

    def _block(self, form: Form, kind: str, depth: int) -> list[Stmt]:
        forms = next((block for name, block in form.blocks if name == kind), ())
        if not forms:
            return []
        made, before = self.statements(forms, kind, ("first",), depth)
        if forms[-1].head not in JUMPS:
            made += self.body.carried_out(depth, kind, before)
        self.writer.variables = [v for v in self.writer.variables if v.level < depth]
        return made

    def _branch(self, form: Form, place: RuleContext, depth: int) -> Stmt:
        test = self.writer.draw("bool", place)
        self.writer.branches += 1
        body = self._block(form, "if", depth + 1)
        otherwise = self._block(form, "else", depth + 1)
        self.writer.branches -= 1
        self.body.leaves(test, body, otherwise)
        return spell.branch([(test.node, body)], otherwise or None)

    def _for(self, form: Form, at: Callable[..., RuleContext], depth: int) -> Stmt:
        limits: list[Drawn] = []
        for number, t in enumerate(form.rule.operands):
            needs = self.body.limit(number, len(form.operands))
            limit = self.writer.draw(t, at(number, limits[-1].head if limits else ""), 0, needs)
            limits.append(self.writer.require(limit, needs))
        v = self.body.loop(limits)
        self.writer.slots[form.names[0]] = v
        body = self._block(form, "for", depth + 1)
        self.body.leave(v)
        return spell.for_loop(v.name, spell.call("range", *(x.node for x in limits)), body)

    def _return(self, form: Form, at: Callable[..., RuleContext], depth: int) -> Stmt:
        if self.body.kind == "kernel":
            return spell.returns(None)
        self.body.returning(form.rule.operands)
        values = [self.writer.draw(name_of(t), at(n)) for n, t in enumerate(self.body.results)]
        values[-1] = self.body.result(values[-1], depth)
        self.body.varies = self.body.varies.union(*(v.varies for v in values))
        nodes = [v.node for v in values]
        return spell.returns(nodes[0] if len(nodes) == 1 else spell.bare_tuple(nodes))


def _called(value: Drawn) -> Drawn:
    """The value as no literal, because Warp lets no loop change one."""
    if value.type not in SHORT or not value.head.startswith(("const:", "un:", "name:")):
        return value
    name = SHORT[value.type]
    return replace(value, node=spell.call(name, value.node), head=f"call:{name}")
