"""Draws the expressions of one function, rule by rule, as often as the profile says in such a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.costs import entry
from warpsmith.grammar.exceptions import WIDENING
from warpsmith.grammar.likely import calling, found, idioms, instances, rows, tiles
from warpsmith.grammar.likely.drawing import (
    anywhere,
    bounds_of,
    literal,
    operation,
    repeated,
    shortened,
    sources_of,
)
from warpsmith.grammar.likely.feasible import DEEPEST, Feasible
from warpsmith.grammar.likely.needs import bounded, cost_name, operand_needs
from warpsmith.grammar.likely.rare import possible
from warpsmith.grammar.likely.reading import FARTHEST, INDEX, ScopeReader
from warpsmith.grammar.likely.scope import STRUCT, Drawn, Kind, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.likely.varying import VAGUELY, carried, operates, undecided, vanishes
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.profile import SAME, Rule, RuleContext
from warpsmith.grammar.types import Array

_LEAVES = ("name:", "const:", SAME)
_OPERATIONS = ((1, 2, 3, 5, 9), (45, 25, 17, 9, 4))
"""How many operations a whole expression has at most, and how often: those of Warp's kernels have 0.8 on average."""
RARE = ((3, 1), (20, 8))
"""Percent of whole expressions and of operands that may be unknown to the profile: in most programs; in some."""


class Writer(ScopeReader):
    """The expressions of one function.

    Attributes:
        left: how many operations the expression that is drawn may still have.
    """

    left = 0

    def choose(self, contexts: list[str], feasible: Callable[[Rule], bool]) -> Rule | None:
        """A feasible rule, as often as in the most specific context that knows some; sometimes as in a wider one.

        A context that knows many rules for its counts is left for a wider one more often, as the profile's smoothing
        says. What the program's topic has more of is likelier.
        """
        profile, favours = self.builder.profile, self.builder.favours
        known: dict[str, bool] = {}
        options: list[tuple[str, Rule, int]] = []
        for context in contexts:
            table = profile.options(context)
            for text, rule, _ in table:
                if text not in known:
                    known[text] = feasible(rule)
            here = [option for option in table if known[option[0]]]
            if not here:
                continue
            options = here
            total, wider = 100 * sum(n for _, _, n in options), profile.wider(context, len(options))
            if self.chooser.integer(0, total + wider - 1) < total:
                break
        if not options:
            return None
        topical = [n * favours.get(text, 100) for text, _, n in options]
        return self.chooser.choose(options, topical)[1]

    # -- expressions ---------------------------------------------------------------------------------------------------

    def draw(
        self,
        wanted: str,
        place: RuleContext,
        depth: int = 0,
        needs: Interval | None = None,
        before: Sequence[Drawn] = (),
        *,
        vary: bool = False,
    ) -> Drawn:
        """An expression of a type.

        Args:
            wanted: the type's name, or ``""`` for any.
            place: where it stands.
            depth: how many operations enclose it.
            needs: where it must lie; names and literals that do not are not considered. Whoever asks has the result
                guarded.
            before: the operands before it: the last one may be repeated, otherwise they are avoided.
            vary: whether it is to change with something: no constant, nothing made of constants alone.
        """
        vary = vary and not self.closed
        if place.given is not None:
            return idioms.part(self, place.given, place, depth, needs)
        known = self.obtainable()
        if not depth:
            self.left = 0 if self.builder.exhausted else self.chooser.choose(*_OPERATIONS)
        seldom = self.left > 0 and not wanted.startswith("array") and not bounded(needs)
        self.left -= 1
        if seldom and (unknown := self._unknown(wanted, known, depth)) is not None:
            return self.rare(unknown, place, depth)
        feasible = Feasible(self, place, wanted, known, depth, needs, before, vary=vary)
        rule = self.choose(place.contexts(wanted), feasible)
        if rule is None:
            return self.fallback(type_of(wanted or "float32"), vary=vary)
        if rule.head.startswith(_LEAVES):
            self.left += 1
        return self._of_rule(rule, place, depth, needs, before, vary)

    def _unknown(self, wanted: str, known: set[str], depth: int) -> Production | None:
        """Now and then, a production that the profile may not know."""
        if not self.chooser.chance(self.builder.rarity[min(depth, 1)]) or not (groups := possible(wanted, known)):
            return None
        chosen = self.chooser.choose(self.chooser.choose(groups))
        return chosen if self.affords(entry(chosen)) else None

    def _of_rule(
        self, rule: Rule, place: RuleContext, depth: int, needs: Interval | None, before: Sequence[Drawn], vary: bool
    ) -> Drawn:
        if rule.head == SAME:
            return replace(before[-1], head=SAME)
        kind, what = rule.kind, rule.what
        if kind == "field":
            return instances.read(self, rule, place, depth, needs)
        if instances.concerns(rule):
            return instances.drawn(self, rule, place, depth)
        if kind == "name":
            avoided = frozenset(o.name for o in before if o.name)
            return self.read(self._named(type_of(rule.result), what, needs, avoided, place.above[0], vary=vary))
        if kind == "const":
            return self._typed(literal(what, type_of(rule.result)))
        if rows.concerns(rule):
            return rows.bound(self, rule, place)
        if kind == found.HEAD:
            return found.drawn(self, rule, place)
        if kind == "item" and rule.operands[0].startswith("array"):
            return self._element(rule, place, depth)
        if kind == "shape":
            return self._extent(rule, int(what))
        if kind == "thread":
            return self.read(self.thread())
        if kind == "own":
            return calling.own(self, rule, place, depth, vary=vary)
        if kind == "idiom":
            return idioms.expression(self, rule, place, depth, needs)
        if tiles.concerns(rule):
            return tiles.draw(self, rule, place, depth)
        operands = self._operands(rule.head, rule.operands, place, depth, needs, vary or operates(rule.head))
        if kind == "call":
            self.builder.used.add(f"{what.removeprefix('wp.')}({', '.join(rule.operands)})")
        return self.composed(rule, operands)

    def rare(self, p: Production, place: RuleContext, depth: int) -> Drawn:
        """A production that the profile may not know."""
        self.builder.used.add(p.name)
        self.spend(entry(p))
        head = f"call:wp.{p.builtin}"
        drawn: list[Drawn] = []
        for number, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
            below = place.below(head, number, drawn[-1].head if drawn else "")
            vary = number + 1 == len(p.operands) and not any(o.varies for o in drawn)
            operand = self.draw(name_of(t), below, depth + 1, needs, drawn, vary=vary)
            if drawn and repeated(head, drawn[-1], operand):
                operand = self._another(t, drawn[-1])
            drawn.append(operand if needs is None else self.require(operand, needs))
        if p.builtin in WIDENING:
            drawn = [self.unbound(o) for o in drawn]
        node = shortened(p.build(*(o.node for o in drawn)))
        result = p.result
        assert isinstance(result, type)
        return Drawn(node, result, head, sources=sources_of(drawn), varies=carried(head, result, drawn))

    def _operands(
        self, head: str, wanted: tuple[str, ...], place: RuleContext, depth: int, whole: Interval | None, vary: bool
    ) -> list[Drawn]:
        """Operands, each where the operation needs it, and if the whole must lie somewhere, rather there, too.

        If they are to vary, at least one does.
        """
        drawn: list[Drawn] = []
        for number, (t, needs) in enumerate(zip(wanted, operand_needs(head, wanted), strict=True)):
            left = drawn[-1].head if drawn else ""
            near = needs or (whole if bounded(whole) and t in ("int32", "float32") else None)
            if number == 1 and t in ("int32", "float32"):
                near = near or undecided(head, drawn[0])
            last = 1 if head.startswith(("item:", "attr:")) else len(wanted)  # an index need not vary
            some = vary and number + 1 == last and not any(o.varies for o in drawn)
            operand = self.draw(t, place.below(head, number, left), depth + 1, near, drawn, vary=some)
            if drawn and repeated(head, drawn[-1], operand):
                operand = self._another(type_of(t), drawn[-1])
            drawn.append(operand if needs is None else self.require(operand, needs))
        return drawn

    def _another(self, t: Kind, than: Drawn) -> Drawn:
        """Something simple that is not the same."""
        if options := [v for v in self.named(t) if v.name != than.name]:
            return self.read(self.pick(options))
        if t in (wp.int32, wp.float32):
            texts = ("2", "3") if t is wp.int32 else ("0.5", "2.0")
            return literal(texts[than.head == f"const:{texts[0]}"], t)
        return self.read(self.parameter(t))

    def _named(
        self, t: Kind, origin: str, needs: Interval | None, avoided: frozenset[str], where: str, *, vary: bool
    ) -> LocalName:
        """A name of that origin; but rather a value that nothing has read."""
        if origin == "constant":
            assert isinstance(t, type)
            return self.builder.constants.read(t, static=not self.loops)
        allowed = [v for v in self.within(self.named(t), needs) if v.name not in avoided and not (vary and v.constant)]
        unread = [v for v in allowed if v.unread]
        if unread and self.chooser.chance(80):
            return self.pick(unread)
        options = [v for v in allowed if v.origin == origin]
        if origin == "local":
            options += [v for v in self.growing(t, where) if v.name not in avoided]
        wished = origin == "param" or not allowed or isinstance(t, Array)
        if not options and wished and not isinstance(t, TileForm) and self.acceptable():
            return self.parameter(t) if vary or needs is not None else self.given(t)
        if not options and not allowed and not vary:
            allowed = self.within(self.named(t), needs)
        return self.pick(options or allowed or [self.parameter(t)])

    def fallback(self, t: Kind, *, vary: bool = False) -> Drawn:
        """The simplest expression of a type: a name, an element, a literal, or a parameter for it."""
        if options := [v for v in self.named(t) if not (vary and v.constant)]:
            return self.read(self.pick(options))
        if isinstance(t, Array):
            return self.read(self.parameter(t))
        if t is STRUCT:
            return instances.made(self, Rule("struct:given", (), name_of(t)), RuleContext(("new#0", "", "")), DEEPEST)
        if isinstance(t, TileForm):
            return tiles.zeros(self, t)
        if arrays := [v for v in self.variables if isinstance(v.type, Array) and v.type.dtype is t and v.readable]:
            return self.element(self.pick(arrays), [])
        if t in (wp.int32, wp.float32) and not vary:
            return literal("1" if t is wp.int32 else "1.0", t)
        if t is wp.bool:
            number = self.fallback(wp.float32, vary=vary)
            half = literal("0.5", wp.float32)
            return self.composed(Rule("cmp:Gt", ("float32", "float32"), "bool"), [number, half])
        return self.read(self.parameter(t))

    def _element(self, rule: Rule, place: RuleContext, depth: int) -> Drawn:
        if (chained := rows.chained(self, rule, place, depth)) is not None:
            return chained
        t = type_of(rule.operands[0])
        unusual = [v for v in self.unusual if isinstance(v.type, Array) and v.type.dtype is t.dtype and v.readable]  # type: ignore[union-attr]
        if unusual and self.chooser.chance(60):
            array = self.unusual.pop(self.unusual.index(unusual[0]))
            rule = Rule("item", (name_of(array.type), *("int32",) * array.type.ndim), rule.result)  # type: ignore[union-attr]
        else:
            assert isinstance(t, Array)
            array = instances.held(self, t, place.below(rule.head, 0, "")) or self.pick(
                self.indexable(t) or [self.entry(t)]
            )
        indices = self.indices(rule, array, place, depth)
        held = self.held(array, indices)
        if held is None:
            return self.element(array, indices)
        return self.read(held) if place.above[0] != "new#0" else self.element(array, self.neighbour(indices))

    def _extent(self, rule: Rule, axis: int) -> Drawn:
        return self.extent(self.pick(self.named(type_of(rule.operands[0]))), rule, axis)

    def extent(self, array: LocalName, rule: Rule, axis: int) -> Drawn:
        """How many elements an array has on an axis: at least one, and no more than an index may reach."""
        array.reads += 1
        node = spell.subscript(spell.attribute(spell.dotted(array.name), "shape"), spell.integer(axis))
        return Drawn(node, wp.int32, rule.head, lambda: (1.0, FARTHEST + 1.0), varies=VAGUELY)

    def indices(self, rule: Rule, array: LocalName, place: RuleContext, depth: int) -> list[Drawn]:
        """Indices for the array, each in range; of one that is stored to, the thread's own where they must be."""
        found: list[Drawn] = []
        left = "name:param"
        for number, t in enumerate(rule.operands[1:], 1):
            thread = array.axes[number - 1] if array.axes else ""
            if thread:
                found.append(self.read(next(v for v in self.threads if v.name == thread)))
            else:
                self.axis = number - 1
                index = self.draw(t, place.below(rule.head, number, left), depth + 1, INDEX, found)
                self.axis = -1
                if found and repeated("bin:", found[-1], index):
                    index = self._another(wp.int32, found[-1])
                found.append(self.require(index, INDEX))
            left = found[-1].head
        return found

    def _typed(self, value: Drawn) -> Drawn:
        """A literal; in a generic function often of the type of an operand: ``type(x)(0.5)``, ``x.dtype(0.5)``."""
        likes = [
            v for v in self.variables if v.open and isinstance(v.type, type) and types.scalar(v.type) is value.type
        ]
        if not likes or value.type is wp.bool or not self.chooser.chance(50):
            return value
        like = self.chooser.choose(likes)
        like.reads += 1
        x = spell.name(like.name)
        one = types.is_composite(like.type)
        made = spell.attribute(x, "dtype") if one else spell.call("type", x)
        return replace(value, node=spell.call(made, value.node))

    # -- operations ----------------------------------------------------------------------------------------------------

    def composed(self, rule: Rule, operands: list[Drawn]) -> Drawn:
        """The operation of the rule on its operands."""
        t = type_of(rule.result)
        if rule.what.removeprefix("wp.") in WIDENING:
            operands = [self.unbound(o) for o in operands]
        self.spend(cost_name(rule))
        node = operation(rule.kind, rule.what, [o.node for o in operands])
        return Drawn(
            node,
            t,
            rule.head,
            bounds_of(rule.head, t, operands) if isinstance(t, type) else anywhere,
            sources_of(operands),
            varies=carried(rule.head, t, operands),
            zero=vanishes(rule.head, operands),
        )
