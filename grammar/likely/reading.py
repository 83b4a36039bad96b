"""What a function that is drawn can read: its names, elements of arrays, and where all of them lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import libcst as cst
import warp as wp

from warpsmith.grammar import guards, literals, spell, types
from warpsmith.grammar.costs import reading
from warpsmith.grammar.likely import outside
from warpsmith.grammar.likely.bounds import Range, inside
from warpsmith.grammar.likely.drawing import SHORT, literal
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, OwnFunction, TileForm, name_of
from warpsmith.grammar.likely.varying import VAGUELY, growable
from warpsmith.grammar.production import Interval
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.program import ProgramWriter

FARTHEST = 31
"""No index reaches farther."""
INDEX = Interval(-FARTHEST, FARTHEST)
_VALUES = (1, 2, 3)
"""Of what stands for parameters."""
AS_FIELD = 60
"""Percent of the inputs that become fields, of a function that is given the struct that holds parameters."""
_OUTSIDE = 12
"""Percent of the values of longer types that are constants and no parameters."""
MOST_PARAMETERS = 8
"""The most of a function for the sake of single operands."""


class ScopeReader:
    """The names of one function, and what can be read of them.

    Args:
        builder: of the program.
        kernel: whether it is a kernel.

    Attributes:
        variables: what is in scope.
        threads: the names that ``wp.tid()`` was unpacked to.
        loops: how many loops enclose the place.
        branches: how many branches enclose the place.
        slots: what the numbers of the idiom mean that is drawn.
        uses: how often each of them occurs in it.
        level: how many blocks enclose the place.
        axis: the axis that an index is drawn for; -1 elsewhere.
        most_parameters: a function that has as many is not given one more for a single operand.
        open: whether parameters may say ``Any``.
        copies: how often the body of each loop around the place is there once Warp has unrolled what it unrolls.
        closed: whether the function has no parameters: what would be one is a local with a value of its own.
        hoisted: the declarations of those, which go before the statement of the body that we are in.
        unusual: parameters of types that the profile may not know, which nothing has read.
        before: statements that the present one needs before it.
        guarded: whether all threads may have returned.
        holder: what the struct that holds parameters is called here; empty where it is not given.
        written: the values that every thread writes to arrays.
    """

    open = False
    closed = False
    holder = ""

    def __init__(self, builder: ProgramWriter, *, kernel: bool) -> None:
        self.builder = builder
        self.chooser = builder.chooser
        self.kernel = kernel
        self.variables: list[LocalName] = []
        self.threads: list[LocalName] = []
        self.loops = 0
        self.branches = 0
        self.slots: dict[str, LocalName] = {}
        self.uses: Counter[str] = Counter()
        self.level = 0
        self.axis = -1
        self.hoisted: list[Stmt] = []
        self.unusual: list[LocalName] = []
        self.copies: list[int] = []
        self.before: list[Stmt] = []
        self.guarded = False
        self.written: list[Drawn] = []
        self.most_parameters = MOST_PARAMETERS

    # -- what the program may cost -------------------------------------------------------------------------------------

    def spend(self, name: str) -> None:
        """Books something that was drawn, by its name in the table of costs."""
        if self.builder.budget is not None:
            self.builder.budget.spend(name, prod(self.copies))

    def affords(self, name: str) -> bool:
        """Whether something may still be drawn, as far as costs go."""
        return self.builder.budget is None or self.builder.budget.affords(name, prod(self.copies))

    # -- names ---------------------------------------------------------------------------------------------------------

    def named(self, t: Kind, origin: str = "") -> list[LocalName]:
        """The variables of a type that can be read."""
        found = [v for v in self.variables if v.type == t and origin in ("", v.origin) and v.readable]
        found = [v for v in found if not v.start]  # nobody reads what they start from
        return [v for v in found if not (v.member and isinstance(v.type, Array))]  # those are no arrays by themselves

    def growing(self, t: Kind, where: str) -> list[LocalName]:
        """The locals of a type that loops around the place may add to, of which nothing is known, if they fit there."""
        there = [v for v in self.variables if v.type == t and v.start and v.bounds() is None]
        return [v for v in there if v.loops < self.loops and growable(where)]

    def obtainable(self) -> set[str]:
        """Names of the types that an operand can be made of without a new parameter."""
        found = {"int32", "float32", "bool"}
        for v in self.variables:
            if v.readable:
                found.add(name_of(v.type))
                if isinstance(v.type, Array):
                    found.add(name_of(v.type.dtype))
        return found | {name_of(c.results[0]) for c in self.builder.callees if len(c.results) == 1}

    def unread(self, level: int = 0) -> list[LocalName]:
        """The values that nothing has read, of variables that so many blocks enclose, or more."""
        return [v for v in self.variables if v.unread and v.level >= level and isinstance(v.type, type)]

    def pick(self, options: Sequence[LocalName]) -> LocalName:
        """One of them: what nothing has read, and what was declared last, rather."""
        weights = [
            (40 if v.unread else 8 if v.reads == 0 else 2)
            + (3 if n >= len(options) - 2 else 0)
            + (60 if v in self.threads[self.axis :][:1] and self.axis >= 0 else 0)
            for n, v in enumerate(options)
        ]
        return self.chooser.choose(options, weights)

    def read(self, v: LocalName) -> Drawn:
        """The variable, as an operand."""
        v.reads += 1
        v.unread &= v.start
        sources = v.sources | {v} if v.input else v.sources
        node = v.node if v.node is not None else spell.dotted(v.name)
        varies = v.varies if v.origin in ("local", "constant") else frozenset({v})
        return Drawn(node, v.type, f"name:{v.origin}", v.bounds, frozenset(sources), v.name, varies)

    def changing(self, value: Drawn) -> frozenset[LocalName]:
        """What a local that is bound to the value here changes with: in a branch it may not be bound."""
        return VAGUELY if value.varies and self.branches else value.varies

    def writes(self, *values: Drawn) -> None:
        """Notes what is written to an array; not in a branch, which may never be taken, and not behind a return."""
        if not self.branches and not self.guarded:
            self.written += values

    def unbound(self, value: Drawn) -> Drawn:
        """The value, through a conversion to its own type where it is the name of a literal."""
        named = [v for v in self.variables if v.name == value.name]
        for v in named:
            v.widened |= self.loops > 0
        known = any(v.literal or v.origin == "loop" for v in named)
        if not known and value.head != "name:constant":
            return value
        t = value.type
        assert isinstance(t, type)
        return replace(value, node=spell.call(SHORT.get(t, types.spelling(t)), value.node), name="")

    def parameter(self, t: Kind, *, whole: bool = False, written: bool = False) -> LocalName:
        """A new parameter, or unless it must be a whole one, a field of a struct: no shared one, if it is written."""
        whole = whole or (written and not self.kernel)
        if self.closed:
            return self._made(t)
        if not isinstance(t, Array) and (found := self.builder.records.field(self, t)) is not None:
            return found
        if self.holder and not whole and self.builder.holder.allows(t) and self.chooser.chance(AS_FIELD):
            return self.builder.holder.field(self, t, own=written)  # type: ignore[arg-type]
        v = self.builder.variable(t, "param")
        v.bounds = lambda: v.range
        v.open = self.open and not isinstance(t, TileForm) and self.chooser.chance(75)
        if isinstance(t, Array):
            v.reach = [[] for _ in range(t.ndim)]
        self.variables.append(v)
        return v

    def given(self, t: Kind) -> LocalName:
        """A new parameter, or now and then a constant from outside of a type that has no short literals."""
        plain = t in (wp.int32, wp.float32, wp.bool) or name_of(t) not in outside.READABLE
        if plain or not self.builder.has_constants or not self.chooser.chance(_OUTSIDE):
            return self.parameter(t)
        assert isinstance(t, type)
        return self.builder.constants.read(t, static=False)

    def entry(self, t: Kind) -> LocalName:
        """A new parameter whose elements are read or stored to, or a field of those of another one."""
        return (None if self.closed else self.builder.records.field(self, t)) or self.parameter(t)

    def _made(self, t: Kind) -> LocalName:
        """A local with a value of its own, instead of a parameter."""
        assert isinstance(t, type)
        size = prod(types.shape(t))
        parts = [literals.constant(types.scalar(t), self.chooser.choose(_VALUES)) for _ in range(size)]
        value = spell.call(types.spelling(t), *parts) if types.is_composite(t) else parts[0]
        v = self.builder.variable(t, "local")
        v.literal = not types.is_composite(t)
        v.bounds = lambda: (float(min(_VALUES)), float(max(_VALUES)))
        self.hoisted.append(spell.assign(spell.name(v.name), value))
        self.variables.append(v)
        return v

    def acceptable(self) -> bool:
        """Whether one more parameter is all right."""
        return not self.closed and len({v.parameter for v in self.variables if v.input}) < self.most_parameters

    # -- the thread ----------------------------------------------------------------------------------------------------

    def addressable(self) -> bool:
        """Whether an expression may say which thread it is: no statement does, and nothing was written before."""
        if self.threads:
            return self.threads[0].node is not None
        return self.kernel and all(v.mode in ("", "read") for v in self.variables)

    def thread(self) -> LocalName:
        """The thread's index, as an expression says it."""
        if not self.threads:
            self.builder.threads(1)
            last = float(self.builder.dim[0] - 1)
            bounds = (0.0, last)
            v = LocalName("wp.tid()", wp.int32, "thread", lambda: bounds, node=spell.call("wp.tid"))
            self.threads.append(v)
        return self.threads[0]

    # -- elements of arrays --------------------------------------------------------------------------------------------

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
        self.spend(reading(t.dtype))
        array.stored = False
        array.mode = array.mode or "read"
        self.reached(array, indices)
        node = self.place(array, indices)

        def bounds() -> Range:
            return array.range if array.mode == "read" else None

        sources = frozenset({array}).union(*(i.sources for i in indices))
        return Drawn(node, t.dtype, f"item:{t.ndim}", bounds, sources, varies=frozenset({array}))

    def neighbour(self, indices: list[Drawn]) -> list[Drawn]:
        """The indices of the next element."""
        *before, last = indices
        if last.head.startswith("const:"):
            return [*before, literal(str(int(last.head[6:]) + 1), wp.int32)]
        node = spell.binary("+", last.node, spell.integer(1))
        beside = Drawn(node, wp.int32, "bin:Add", lambda: _raised(last.bounds()), last.sources, varies=last.varies)
        return [*before, self.require(beside, INDEX)]

    def held(self, array: LocalName, indices: list[Drawn]) -> LocalName | None:
        """The local that an element was read to before, if nothing can have changed since."""
        steady = all(i.head.startswith(("name:thread", "name:loop", "name:param", "const:")) for i in indices)
        if not steady or array.mode != "read":
            return None
        text = cst.Module([]).code_for_node(self.place(array, indices))
        return next((v for v in self.variables if v.element == text), None)

    def place(self, array: LocalName, indices: list[Drawn]) -> Expr:
        """An element of an array, or a field of one."""
        node = spell.subscript(spell.dotted(array.base or array.name), *(i.node for i in indices))
        return spell.attribute(node, array.member) if array.member else node

    def indexable(self, t: Kind) -> list[LocalName]:
        """The arrays of a type, those among them that are a field of every element of an array."""
        return [v for v in self.variables if v.type == t and v.readable]

    def reached(self, array: LocalName, indices: list[Drawn]) -> None:
        """Notes how far an access reaches, and by which threads' indices."""
        names = {v.name for v in self.threads}
        array.accesses.append(tuple(i.name if i.name in names else "" for i in indices))
        for axis, index in zip(array.reach, indices, strict=True):
            axis.append(index.bounds)

    def handed(self, t: Array, needs: Interval | None, mode: str) -> Drawn:
        """An array that a function may read all of: no thread stores to it, and its elements lie where they must.

        Of one that the function updates, every other access is such an update.
        """
        if mode not in ("", "read"):
            options = [v for v in self.variables if v.type == t and v.mode in ("", mode) and not v.member]
            updated = self.pick(options or [self.parameter(t, written=True)])
            updated.mode = mode
            return self.read(updated)
        options = self.within([v for v in self.named(t) if v.mode != "store"], needs)
        chosen = self.pick(options or [self.parameter(t)])
        chosen.mode = "read"
        array = self.read(chosen)
        return array if needs is None else self.require(array, needs)

    def arguments(self, callee: OwnFunction, operands: list[Drawn]) -> list[Drawn]:
        """The operands of a call, each where the function needs it; arrays reach as far as the function does."""
        # The last operands may have been left out.
        for operand, extents in zip(operands, callee.extents, strict=False):
            if extents:
                array = next(v for v in self.variables if v.name == operand.name)
                array.accesses.append(("",) * len(extents))
                for axis, extent in zip(array.reach, extents, strict=True):
                    axis.append(lambda extent=extent: (0.0, extent - 1.0))  # type: ignore[misc]
        needs = [None if r is None else Interval(*r) for r in callee.ranges[: len(operands)]]
        return [o if n is None else self.require(o, n) for o, n in zip(operands, needs, strict=True)]

    # -- where values lie ----------------------------------------------------------------------------------------------

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
        if any(other.mode not in ("", "read") for other in v.siblings):
            return False
        t = v.type.dtype if isinstance(v.type, Array) else v.type
        return types.kind(t) in (("int", "float", "vec", "mat") if self.kernel else ("int", "float"))

    def within(self, options: list[LocalName], needs: Interval | None) -> list[LocalName]:
        """Those that lie in the interval, or can be made to."""
        if needs is None:
            return options
        return [v for v in options if inside(v.bounds(), needs) or (v.input and v.range is None and self.narrowable(v))]

    def _guarded(self, value: Drawn, t: Value, needs: Interval) -> Drawn:
        low, high = needs.low, needs.high
        if needs == INDEX:
            low, high = 0, 7
        node = value.node
        if low is not None and high is not None and types.kind(t) == "vec":  # clamp takes no vectors
            node, head = guards.min_max(t, Interval(low, high), node)[0], "call:wp.max"
        elif low is not None and high is not None:
            node = spell.call("wp.clamp", node, literals.constant(t, low), literals.constant(t, high))
            head = "call:wp.clamp"
        elif low is not None:
            node, head = spell.call("wp.max", node, literals.constant(t, low)), "call:wp.max"
        else:
            assert high is not None
            node, head = spell.call("wp.min", node, literals.constant(t, high)), "call:wp.min"
        self.builder.guarded += 1
        known = (low, high) if low is not None and high is not None else None
        return Drawn(node, t, head, lambda: known, value.sources, varies=value.varies)


def _raised(r: Range) -> Range:
    """Where the next integers lie."""
    return None if r is None else (r[0] + 1, r[1] + 1)
