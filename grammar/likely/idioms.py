"""Draws idioms: what several people's functions have in common, with the program's own values in the holes.

An idiom is an operation like any other. Its operands are its holes, and its rules are drawn as all rules are, so that
what each asks of its operands is shown, had of the inputs, or guarded. A hole that occurs once may hold an expression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from warpsmith.grammar import spell
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.drawing import literal
from warpsmith.grammar.likely.needs import guardable
from warpsmith.grammar.likely.scope import Drawn, LocalName, TileForm, type_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import HOLE, IDIOM, Form, Idiom, Rule, RuleContext
from warpsmith.grammar.types import Array

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
        rebound: types of the free variables that it binds again, or has components stored to.
        uses: how often each number occurs.
    """

    sound: bool
    blocks: int
    loops: int
    threads: int
    returns: frozenset[tuple[str, ...]]
    jumps: bool
    stores: bool
    rebound: frozenset[tuple[str, str]]
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


def _rebound(everything: list[Form], holes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The kind and the type of the free variables that change."""
    for form in everything:
        kind = form.head.partition(":")[0]
        if kind == "old" and form.names[0] in holes:
            yield "name", form.rule.operands[0]
        elif kind in ("store", "aug") and not _array(form):
            target = form.operands[0]
            inner = target if target.head == HOLE else target.operands[0]
            if not inner.names or inner.names[0] in holes:
                yield ("name", inner.rule.result) if inner is target else ("component", target.rule.result)


def obtainable(writer: Writer, idiom: Idiom, known: set[str]) -> bool:
    """Whether the holes can be filled, with a parameter or two more perhaps."""
    missing = [t for t in idiom.holes.values() if t not in known]
    return not missing or (len(missing) <= _NEW and writer.acceptable(len(missing)))


# --- expressions -----------------------------------------------------------------------------------------------------


def expression(writer: Writer, rule: Rule, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    """An idiom that is an expression."""
    idiom = writer.builder.profile.idioms[name_in(rule)]
    writer.builder.used.add(rule.head)
    outer = writer.slots, writer.uses
    writer.slots, writer.uses = {}, shape(name_in(rule), idiom).uses
    drawn = writer.draw(rule.result, replace(place, given=idiom.forms[0]), depth, needs)
    writer.slots, writer.uses = outer
    return drawn


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
    return writer.composed(form.rule, writer.operands(form.head, form.rule.operands, place, depth))


def _filled(writer: Writer, form: Form, place: RuleContext, depth: int, needs: Interval | None) -> Drawn:
    number = form.names[0]
    alone = number not in writer.slots and writer.uses[number] == 1 and form.head == HOLE
    if alone and not form.rule.result.startswith("array") and writer.chooser.chance(_FREE):
        return writer.draw(form.rule.result, replace(place, given=None), depth, needs)
    return writer.read(slot(writer, form, needs))


def slot(writer: Writer, form: Form, needs: Interval | None = None) -> LocalName:
    """The variable that a hole, or a name of the idiom's own, stands for."""
    number, t = form.names[0], type_of(form.rule.result)
    assert not isinstance(t, TileForm)
    known = writer.slots.get(number)
    if known is not None and known.type == t and known in writer.variables and writer.readable(known):
        return known
    if form.head == "name:constant" and writer.builder.may_have_constants and form.rule.result in ("int32", "float32"):
        assert not isinstance(t, Array)
        return writer.slots.setdefault(number, writer.builder.constant(t))
    writer.slots[number] = found = _chosen(writer, form, needs)
    return found


def _chosen(writer: Writer, form: Form, needs: Interval | None) -> LocalName:
    """A variable for a hole: another one than for the other holes, if there is one."""
    t = type_of(form.rule.result)
    allowed = writer.within(writer.named(t), needs)
    fresh = [v for v in allowed if all(v is not other for other in writer.slots.values())]
    threads = [v for v in fresh or allowed if v.origin == "thread"]
    if form.head == "name:thread" and threads:
        return writer.pick(threads)
    if not fresh and writer.acceptable():
        return writer.parameter(t)
    options = fresh or allowed
    return writer.pick(options) if options else writer.parameter(t)
