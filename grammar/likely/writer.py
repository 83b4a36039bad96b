"""Draws the expressions of one function, rule by rule, as often as the profile says in such a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.likely import tiles
from warpsmith.grammar.likely.bounds import Range, inside
from warpsmith.grammar.likely.drawing import anywhere, bounds_of, literal, remembered, shortened, sources_of
from warpsmith.grammar.likely.needs import guardable, operand_needs
from warpsmith.grammar.likely.rare import possible
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, OwnFunction, TileForm, name_of, type_of
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.program import ProgramWriter

BINARY = {
    **{"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Mod": "%", "FloorDiv": "//"},
    **{"BitAnd": "&", "BitOr": "|", "BitXor": "^", "LShift": "<<", "RShift": ">>"},
}
UNARY = {"USub": "-", "Not": "not", "Invert": "~"}
COMPARISONS = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!="}

DEEPEST = 7
"""Below so many operations only names, literals and elements are drawn."""
RARE = ((3, 1), (30, 15))
"""Percent of whole expressions and of operands that may be unknown to the profile: in most programs; in some."""
FARTHEST = 31
"""No index reaches farther."""
INDEX = Interval(-FARTHEST, FARTHEST)


class Writer:
    """The expressions of one function.

    Args:
        builder: of the program.
        kernel: whether it is a kernel, which alone reads arrays.
    """

    def __init__(self, builder: ProgramWriter, *, kernel: bool) -> None:
        self.builder = builder
        self.chooser = builder.chooser
        self.kernel = kernel
        self.variables: list[LocalName] = []
        self.threads: list[LocalName] = []
        self.loops = 0
        self.branches = 0
        self.avoided = ""
        self.most_parameters = 8

    # -- what there is -------------------------------------------------------------------------------------------------

    def named(self, t: Kind, origin: str = "") -> list[LocalName]:
        """The variables of a type that can be read."""
        return [v for v in self.variables if v.type == t and origin in ("", v.origin) and self._readable(v)]

    def _readable(self, v: LocalName) -> bool:
        return v.mode in ("", "read", "store")

    def obtainable(self) -> set[str]:
        """Names of the types that an operand can be made of without a new parameter."""
        found = {"int32", "float32", "bool"}
        for v in self.variables:
            if self._readable(v):
                found.add(name_of(v.type))
                if isinstance(v.type, Array):
                    found.add(name_of(v.type.dtype))
        return found | {name_of(c.result) for c in self.builder.callees}

    def choose(self, contexts: list[str], feasible: Callable[[Rule], bool]) -> Rule | None:
        """A feasible rule, as often as in the most specific context that knows some; sometimes as in a wider one.

        A context that knows many rules for its counts is left for a wider one more often, as Witten and Bell estimate
        the chance of something new; twice as often as they do, because programs unlike any other teach more.
        """
        known: dict[str, bool] = {}
        last: tuple[list[str], list[int]] | None = None
        for context in contexts:
            table = self.builder.profile.rules.get(context)
            if not table:
                continue
            options = [text for text in table if remembered(text, known, feasible)]
            if not options:
                continue
            weights = [table[text] for text in options]
            last = options, weights
            total, kinds = sum(weights), len(options)
            if self.chooser.integer(0, total + 2 * kinds - 1) < total:
                break
        return None if last is None else Rule.parse(self.chooser.choose(*last))

    # -- expressions ---------------------------------------------------------------------------------------------------

    def draw(self, wanted: str, place: RuleContext, depth: int = 0, needs: Interval | None = None) -> Drawn:
        """An expression of a type.

        Args:
            wanted: the type's name, or ``""`` for any.
            place: where it stands.
            depth: how many operations enclose it.
            needs: where it must lie; names and literals that do not are not considered. Whoever asks has the result
                guarded.
        """
        avoided, self.avoided = self.avoided, ""
        known = self.obtainable()
        seldom = (
            depth < DEEPEST
            and not wanted.startswith("array")
            and self.chooser.chance(self.builder.rarity[min(depth, 1)])
        )
        if seldom and (groups := possible(wanted, known)):
            return self._rare(self.chooser.choose(self.chooser.choose(groups)), place, depth)
        rule = self.choose(place.contexts(wanted), lambda r: self._feasible(r, known, depth, wanted, needs))
        if rule is None:
            return self.fallback(type_of(wanted or "float32"))
        kind, _, what = rule.head.partition(":")
        if kind == "name":
            return self.read(self._named(type_of(rule.result), what, needs, avoided))
        if kind == "const":
            return literal(what, type_of(rule.result))
        if kind == "item" and rule.operands[0].startswith("array"):
            return self._element(rule, place, depth)
        if kind == "shape":
            return self._extent(rule, int(what))
        if kind == "own":
            return self._own(rule, place, depth)
        if kind.startswith("tile_"):
            return tiles.draw(self, rule)
        operands = self._operands(rule.head, rule.operands, place, depth)
        if kind == "call":
            self.builder.used.add(f"{what.removeprefix('wp.')}({', '.join(rule.operands)})")
        return self._composed(rule, operands)

    def _rare(self, p: Production, place: RuleContext, depth: int) -> Drawn:
        """A production that the profile may not know."""
        self.builder.used.add(p.name)
        head = f"call:wp.{p.builtin}"
        drawn: list[Drawn] = []
        for number, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
            below = place.below(head, number, drawn[-1].head if drawn else "")
            operand = self.draw(name_of(t), below, depth + 1, needs)
            drawn.append(operand if needs is None else self.require(operand, needs))
        node = shortened(p.build(*(o.node for o in drawn)))
        return Drawn(node, p.result, head, sources=sources_of(drawn))  # type: ignore[arg-type]

    def _operands(self, head: str, wanted: tuple[str, ...], place: RuleContext, depth: int) -> list[Drawn]:
        drawn: list[Drawn] = []
        all_needs = operand_needs(head, wanted)
        for number, t in enumerate(wanted):
            left = drawn[-1].head if drawn else ""
            self.avoided = drawn[-1].name if drawn and head != "bin:Mult" else ""  # nobody writes x - x
            operand = self.draw(t, place.below(head, number, left), depth + 1, all_needs[number])
            needs = all_needs[number]
            drawn.append(operand if needs is None else self.require(operand, needs))
        return drawn

    def _feasible(self, rule: Rule, known: set[str], depth: int, wanted: str, needs: Interval | None) -> bool:
        kind, _, what = rule.head.partition(":")
        if rule.result == "None" or rule.result.startswith("array") != wanted.startswith("array"):
            return False
        if kind.startswith("tile_"):
            return tiles.feasible(self, rule)
        if rule.result.startswith("tile"):
            return (
                kind in ("name", "bin") and known.issuperset(rule.operands) and bool(self.named(type_of(rule.result)))
            )
        if kind == "name":
            if what == "constant":
                return rule.result in ("int32", "float32") and self.builder.may_have_constants
            t = type_of(rule.result)
            return bool(self._within(self.named(t), needs)) or self._acceptable(t)
        if kind == "const":
            return needs is None or inside(literal(what, type_of(rule.result)).bounds(), needs)
        if kind == "own":
            return depth < DEEPEST and any(name_of(c.result) == rule.result for c in self.builder.callees)
        if kind == "shape":
            return bool(self.named(type_of(rule.operands[0])))
        if kind == "item" and rule.operands[0].startswith("array"):
            return bool(self.named(type_of(rule.operands[0]))) or self._acceptable(type_of(rule.operands[0]))
        if depth >= DEEPEST:
            return False
        return known.issuperset(rule.operands) and guardable(rule)

    def _within(self, options: list[LocalName], needs: Interval | None) -> list[LocalName]:
        """Those that lie in the interval, or can be made to."""
        if needs is None:
            return options
        return [v for v in options if inside(v.bounds(), needs) or (v.input and v.range is None and self.narrowable(v))]

    def _named(self, t: Kind, origin: str, needs: Interval | None, avoided: str) -> LocalName:
        if origin == "constant":
            assert isinstance(t, type)
            return self.builder.constant(t)
        options = self._within(self.named(t, origin), needs)
        if not options and (origin == "param" or isinstance(t, Array)) and self._acceptable(t):
            return self.parameter(t)
        options = options or self._within(self.named(t), needs) or [self.parameter(t)]
        return self.pick([v for v in options if v.name != avoided] or options)

    def _acceptable(self, t: Kind) -> bool:
        """Whether one more parameter of the type is all right."""
        return sum(v.input for v in self.variables) < self.most_parameters

    def pick(self, options: list[LocalName]) -> LocalName:
        """One of them: the unread and the late ones rather."""
        weights = [(8 if v.reads == 0 else 2) + (3 if n >= len(options) - 2 else 0) for n, v in enumerate(options)]
        return self.chooser.choose(options, weights)

    def read(self, v: LocalName) -> Drawn:
        """The variable, as an operand."""
        v.reads += 1
        sources = v.sources | {v} if v.input else v.sources
        return Drawn(spell.name(v.name), v.type, f"name:{v.origin}", v.bounds, frozenset(sources), v.name)

    def fallback(self, t: Kind) -> Drawn:
        """The simplest expression of a type: a name, an element, a literal, or a parameter for it."""
        if options := self.named(t):
            return self.read(self.pick(options))
        if isinstance(t, Array):
            return self.read(self.parameter(t))
        if isinstance(t, TileForm):
            return tiles.zeros(self, t)
        if arrays := [
            v for v in self.variables if isinstance(v.type, Array) and v.type.dtype is t and self._readable(v)
        ]:
            return self.element(self.pick(arrays), [])
        if t in (wp.int32, wp.float32):
            return literal("1" if t is wp.int32 else "1.0", t)
        if t is wp.bool:
            return literal("True", t)
        return self.read(self.parameter(t))

    def parameter(self, t: Kind) -> LocalName:
        """A new parameter."""
        v = self.builder.variable(self, t, "param")
        v.bounds = lambda: v.range
        if isinstance(t, Array):
            v.reach = [[] for _ in range(t.ndim)]
        self.variables.append(v)
        return v

    # -- elements of arrays --------------------------------------------------------------------------------------------

    def _element(self, rule: Rule, place: RuleContext, depth: int) -> Drawn:
        t = type_of(rule.operands[0])
        array = self.pick(self.named(t) or [self.parameter(t)])
        indices = self._indices(rule, array, place, depth)
        return self.element(array, indices)

    def _extent(self, rule: Rule, axis: int) -> Drawn:
        """How many elements an array has on an axis: at least one, and no more than an index may reach."""
        array = self.pick(self.named(type_of(rule.operands[0])))
        array.reads += 1
        node = spell.subscript(spell.attribute(spell.name(array.name), "shape"), spell.integer(axis))
        return Drawn(node, wp.int32, rule.head, lambda: (1.0, FARTHEST + 1.0))

    def _indices(self, rule: Rule, array: LocalName, place: RuleContext, depth: int) -> list[Drawn]:
        """Indices for the array, each in range; of one that is stored to, the thread's own where they must be."""
        found: list[Drawn] = []
        left = "name:param"
        for number, t in enumerate(rule.operands[1:], 1):
            thread = array.axes[number - 1] if array.axes else ""
            if thread:
                found.append(self.read(next(v for v in self.threads if v.name == thread)))
            else:
                self.avoided = found[-1].name if found else ""
                index = self.draw(t, place.below(rule.head, number, left), depth + 1, INDEX)
                found.append(self.require(index, INDEX))
            left = found[-1].head
        return found

    def element(self, array: LocalName, indices: list[Drawn]) -> Drawn:
        """An element; where indices are missing, threads' and zeros."""
        t = array.type
        assert isinstance(t, Array)
        for axis in range(len(indices), t.ndim):
            name = array.axes[axis] if array.axes else ""
            thread = next((v for v in self.threads if v.name == name), None)
            if thread is None and not array.axes and axis < len(self.threads):
                thread = self.threads[axis]
            indices = [*indices, self.read(thread) if thread is not None else literal("0", wp.int32)]
        array.reads += 1
        array.mode = array.mode or "read"
        self.reached(array, indices)
        node = spell.subscript(spell.name(array.name), *(i.node for i in indices))

        def bounds() -> Range:
            return array.range if array.mode == "read" else None

        sources = frozenset({array}).union(*(i.sources for i in indices))
        return Drawn(node, t.dtype, f"item:{t.ndim}", bounds, sources)

    def reached(self, array: LocalName, indices: list[Drawn]) -> None:
        """Notes how far an access reaches, and by which threads' indices."""
        names = {v.name for v in self.threads}
        array.accesses.append(tuple(i.name if i.name in names else "" for i in indices))
        for axis, index in zip(array.reach, indices, strict=True):
            axis.append(index.bounds)

    # -- operations ----------------------------------------------------------------------------------------------------

    def _own(self, rule: Rule, place: RuleContext, depth: int) -> Drawn:
        callee = self.chooser.choose([c for c in self.builder.callees if name_of(c.result) == rule.result])
        self.builder.called.add(callee.name)
        operands: list[Drawn] = []
        for number, t in enumerate(callee.parameters):
            left = operands[-1].head if operands else ""
            below = place.below("own", number, left)
            operands.append(self.handed(t) if isinstance(t, Array) else self.draw(name_of(t), below, depth + 1))
        operands = self.arguments(callee, operands)
        node = spell.call(callee.name, *(o.node for o in operands))
        return Drawn(node, callee.result, "own", sources=sources_of(operands))

    def handed(self, t: Array) -> Drawn:
        """An array that a function may read all of: no thread stores to it."""
        options = [v for v in self.named(t) if v.mode != "store"]
        return self.read(self.pick(options or [self.parameter(t)]))

    def arguments(self, callee: OwnFunction, operands: list[Drawn]) -> list[Drawn]:
        """The operands of a call, each where the function needs it; arrays reach as far as the function does."""
        for operand, extents in zip(operands, callee.extents, strict=True):
            if extents:
                array = next(v for v in self.variables if v.name == operand.name)
                array.mode = "read"
                array.accesses.append(("",) * len(extents))
                for axis, extent in zip(array.reach, extents, strict=True):
                    axis.append(lambda extent=extent: (0.0, extent - 1.0))  # type: ignore[misc]
        needs = [None if r is None else Interval(*r) for r in callee.ranges]
        return [o if n is None else self.require(o, n) for o, n in zip(operands, needs, strict=True)]

    def _composed(self, rule: Rule, operands: list[Drawn]) -> Drawn:
        kind, _, what = rule.head.partition(":")
        t = type_of(rule.result)
        nodes = [o.node for o in operands]
        if kind == "bin":
            node = spell.binary(BINARY[what], *nodes)
        elif kind == "un":
            node = spell.unary(UNARY[what], *nodes)
        elif kind == "cmp":
            node = spell.compare(nodes[0], (COMPARISONS[what], nodes[1]))
        elif kind == "bool":
            node = spell.boolean(what.lower(), *nodes)
        elif kind == "ifexp":
            node = spell.conditional(*nodes)
        elif kind == "item":
            node = spell.subscript(*nodes)
        elif kind == "attr":
            node = spell.attribute(nodes[0], what)
        else:
            node = spell.call(what, *nodes)
        return Drawn(
            node,
            t,
            rule.head,
            bounds_of(rule.head, t, operands) if isinstance(t, type) else anywhere,
            sources_of(operands),
        )

    def require(self, value: Drawn, needs: Interval) -> Drawn:
        """The value, if it can be shown to lie in the interval, perhaps with narrower inputs; otherwise guarded."""
        if inside(value.bounds(), needs):
            return value
        for source in sorted(value.sources, key=lambda v: v.name):
            if source.mode in ("", "read") and self.narrowable(source):
                source.narrow(kernel=self.kernel, zero=needs.low is not None and needs.low <= 0)
        if inside(value.bounds(), needs):
            return value
        t = value.type
        assert isinstance(t, type)
        return self._guarded(value, t, needs)

    def narrowable(self, v: LocalName) -> bool:
        """Whether its values can come from a range: the launch draws them there, or the callers bring them there."""
        t = v.type.dtype if isinstance(v.type, Array) else v.type
        return types.kind(t) in (("int", "float", "vec", "mat") if self.kernel else ("int", "float"))

    def _guarded(self, value: Drawn, t: Value, needs: Interval) -> Drawn:
        low, high = needs.low, needs.high
        if needs == INDEX:
            low, high = 0, 7
        node = value.node
        if low is not None and high is not None:
            node = spell.call("wp.clamp", node, literals.constant(t, low), literals.constant(t, high))
            head = "call:wp.clamp"
        elif low is not None:
            node, head = spell.call("wp.max", node, literals.constant(t, low)), "call:wp.max"
        else:
            assert high is not None
            node, head = spell.call("wp.min", node, literals.constant(t, high)), "call:wp.min"
        self.builder.guarded += 1
        known = (low, high) if low is not None and high is not None else None
        return Drawn(node, t, head, lambda: known, value.sources)
