"""Draws idioms: what several people's functions have in common, with the program's own values in the holes.

An idiom is an operation like any other. Its operands are its holes, and its rules are drawn as all rules are, so that
what each asks of its operands is shown, had of the inputs, or guarded. A hole that occurs once may hold an expression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.drawing import literal
from warpsmith.grammar.likely.needs import guardable, operand_needs
from warpsmith.grammar.likely.outside import READABLE
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, type_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import HOLE, IDIOM, Form, Idiom, Rule, RuleContext

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

_FREE = 40
"""Percent of the holes that occur once which hold an expression."""
_NEW = 2
"""So many parameters at most are added for the holes of one idiom."""


@dataclass(frozen=True)
class Shape:
    """What decides where an idiom may be drawn.

    Attributes:
        sound: whether every operation in it can be guarded.
        blocks: how deep its blocks are nested.
        loops: how deep its loops are.
        threads: how many indices of its thread it binds.
        returns: operands' types of each return in it.
        jumps: whether it leaves a loop around it.
        stores: whether it writes to arrays.
        rebound: of the free variables that it changes: whether as a whole, and the type that is assigned.
        changing: what it declares and changes in a loop.
        uses: how often each number occurs.
    """

    sound: bool
    blocks: int
    loops: int
    threads: int
    returns: frozenset[tuple[str, ...]]
    jumps: bool
    stores: bool
    rebound: frozenset[tuple[bool, str]]
    changing: frozenset[str]
    uses: Counter[str]

    @property
    def ends(self) -> bool:
        """Whether nothing may follow it."""
        return False


def name_in(rule: Rule) -> str:
    """The idiom that a rule stands for; ``""`` for another rule."""
    return rule.head.removeprefix(IDIOM) if rule.head.startswith(IDIOM) else ""


@lru_cache(maxsize=1 << 14)
def _shape(name: str, forms: tuple[Form, ...], holes: frozenset[str]) -> Shape:
    everything = [f for form in forms for f in form.everything()]
    return Shape(
        all(guardable(f.rule) for f in everything if f.rule.result or f.head.startswith("aug")),
        max(map(_depth, forms)),
        max(map(_loops, forms)),
        sum(int(f.head[4:]) for f in everything if f.head.startswith("tid")),
        frozenset(f.rule.operands for f in everything if f.head == "return"),
        any(_jumps(forms)),
        any(f.head == "expr" or (f.head.startswith(("store", "aug")) and _array(f)) for f in everything),
        frozenset(_rebound(everything, holes)),
        frozenset(_changing(forms, looping=False)),
        Counter(n for f in everything for n in f.names),
    )


def shape(name: str, idiom: Idiom) -> Shape:
    """What decides where an idiom may be drawn."""
    return _shape(name, idiom.forms, frozenset(idiom.holes))


def _array(form: Form) -> bool:
    return form.operands[0].head.startswith("item") and form.operands[0].rule.operands[0].startswith("array")


def _depth(form: Form) -> int:
    return max((1 + max(map(_depth, block), default=0) for _, block in form.blocks), default=0)


def _loops(form: Form) -> int:
    below = max((max(map(_loops, block), default=0) for _, block in form.blocks), default=0)
    return below + (form.head == "for")


def _jumps(forms: Sequence[Form]) -> Iterator[bool]:
    for form in forms:
        if form.head in ("break", "continue"):
            yield True
        elif form.head != "for":
            for _, block in form.blocks:
                yield from _jumps(block)


def changed(form: Form) -> Form | None:
    """The name that a statement binds again, or stores a component of; ``None`` if it does nothing like it."""
    kind = form.head.partition(":")[0]
    if kind == "old":
        return Form(Rule(HOLE, (), form.rule.operands[0]), names=form.names)
    if kind not in ("store", "aug") or _array(form):
        return None
    target = form.operands[0]
    return target if target.names else target.operands[0]


def _rebound(everything: list[Form], holes: frozenset[str]) -> Iterator[tuple[bool, str]]:
    for form in everything:
        target = changed(form)
        if target is not None and (not target.names or target.names[0] in holes):
            whole = form.head == "old" or form.head.endswith(":name")
            yield whole, form.rule.operands[0]


def _changing(forms: Sequence[Form], *, looping: bool) -> Iterator[str]:
    """The names that are changed in loops."""
    for form in forms:
        target = changed(form) if looping else None
        if target is not None:
            yield from target.names
        for _, block in form.blocks:
            yield from _changing(block, looping=looping or form.head == "for")


def obtainable(writer: Writer, idiom: Idiom, known: set[str]) -> bool:
    """Whether the holes can be filled, with a parameter or two more perhaps."""
    missing = [t for t in idiom.holes.values() if t not in known]
    return not missing or (len(missing) <= _NEW and writer.acceptable())


# --- expressions -----------------------------------------------------------------------------------------------------


def fits(writer: Writer, rule: Rule, known: set[str]) -> bool:
    """Whether an idiom that is an expression can be drawn."""
    idiom = writer.builder.profile.idioms[name_in(rule)]
    return writer.builder.idiomatic and shape(name_in(rule), idiom).sound and obtainable(writer, idiom, known)


@contextmanager
def within(writer: Writer, rule: Rule) -> Iterator[Idiom]:
    """Draws an idiom: its numbers mean nothing outside."""
    idiom = writer.builder.profile.idioms[name_in(rule)]
    writer.builder.used.add(rule.head)
    outer = writer.slots, writer.uses
    writer.slots, writer.uses = {}, shape(name_in(rule), idiom).uses
    yield idiom
    writer.slots, writer.uses = outer


def expression(writer: Writer, rule: Rule, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    """An idiom that is an expression."""
    with within(writer, rule) as idiom:
        return writer.draw(rule.result, replace(place, given=idiom.forms[0]), depth, needs)


def part(writer: Writer, form: Form, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    """A part of an idiom, as it is given."""
    kind, _, what = form.head.partition(":")
    if kind in (HOLE, "name"):
        return _filled(writer, form, place, depth, needs)
    if kind == "const":
        value = literal(what, type_of(form.rule.result))
        if needs is None or inside(value.bounds(), needs):
            return value
        return writer.draw(form.rule.result, replace(place, given=None), depth, needs)
    if kind == "item" and form.rule.operands[0].startswith("array"):
        array = slot(writer, form.operands[0])
        return writer.element(array, writer.indices(form.rule, array, place, depth))
    if kind == "shape":
        return writer.extent(slot(writer, form.operands[0]), form.rule, int(what))
    operands: list[Drawn] = []
    for number, (t, need) in enumerate(
        zip(form.rule.operands, operand_needs(form.head, form.rule.operands), strict=True)
    ):
        left = operands[-1].head if operands else ""
        operand = writer.draw(t, place.below(form.head, number, left), depth + 1, need)
        operands.append(operand if need is None else writer.require(operand, need))
    return writer.composed(form.rule, operands)


def _filled(writer: Writer, form: Form, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    number = form.names[0]
    alone = number not in writer.slots and writer.uses[number] == 1 and form.head == HOLE
    if alone and not form.rule.result.startswith("array") and writer.chooser.chance(_FREE):
        return writer.draw(form.rule.result, replace(place, given=None), depth, needs)
    return writer.read(slot(writer, form, needs))


def slot(writer: Writer, form: Form, needs: Interval | None = None) -> LocalName:
    """The variable that a hole, or a name of the idiom's own, stands for."""
    number, t = form.names[0], type_of(form.rule.result)
    known = writer.slots.get(number)
    if known is not None and known.type == t and _there(writer, known):
        return known
    writer.slots[number] = found = _chosen(writer, form, t, needs)
    return found


def _there(writer: Writer, v: LocalName) -> bool:
    return v.readable and (v.origin == "constant" or any(v is other for other in writer.variables))


def _chosen(writer: Writer, form: Form, t: Kind, needs: Interval | None) -> LocalName:
    """A variable for a hole: another one than for the other holes, if there is one."""
    if form.head == "name:constant" and writer.builder.has_constants and form.rule.result in READABLE:
        return writer.builder.constants.read(t, static=not writer.loops)  # type: ignore[arg-type]
    allowed = writer.within(writer.named(t), needs)
    fresh = [v for v in allowed if all(v is not other for other in writer.slots.values())]
    threads = [v for v in fresh or allowed if v.origin == "thread"]
    if form.head == "name:thread" and threads:
        return writer.pick(threads)
    if not fresh and writer.acceptable():
        return writer.parameter(t)
    options = fresh or allowed
    return writer.pick(options) if options else writer.parameter(t)
