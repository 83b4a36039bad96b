"""Drawing the body of one function: expressions of a wanted type, by plain recursion with explicit fuel.

Nothing here is ever drawn and thrown away. An expression of any type exists at any fuel: a variable, a new parameter,
or a literal and the shortest derivation from literals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.exceptions import WIDENING
from warpsmith.grammar.grammar import Menu, Palette
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.scope import Scope, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Result, Type, Value

if TYPE_CHECKING:
    from warpsmith.grammar.construct import Construct
    from warpsmith.grammar.host import Host


@dataclass(frozen=True)
class Callee:
    """A user function that bodies drawn later may call.

    Attributes:
        name: its name.
        result: the type or types of what it returns.
        parameters: its parameters, with the extents and roles of its arrays.
        threads: whether some of them say which thread runs it: such a function touches elements of arrays, and only
            what knows its thread calls it.
        generic: whether a parameter takes any type.
    """

    name: str
    result: Result
    parameters: tuple[Variable, ...]
    threads: bool = False
    generic: bool = False

    @property
    def production(self) -> Production:
        """A call of it by position."""
        operands = tuple(v.type for v in self.parameters)
        return Production(self.name, operands, self.result, partial(spell.call, self.name))


@dataclass(frozen=True)
class Loop:
    """A loop around a program point.

    Attributes:
        dynamic: whether Warp keeps it as a loop; only such a one may be left early.
        blocks: how many blocks of the scope are outside it.
        carried: variables from outside that it changes: they count as unread when it ends, not before, as what the
            backward pass makes of a value that a dynamic loop carries along is nobody's business.
    """

    dynamic: bool
    blocks: int
    carried: list[Variable] = field(default_factory=list)


class Body:
    """The state of drawing one function's body.

    Attributes:
        chooser: answers the questions.
        palette: the productions and types that the program is about.
        constructs: the statements that may be drawn.
        host: the function or kernel whose body it is: makes parameters on demand.
        scope: what is visible at this point.
        callees: user functions that may be called.
        used: names of the productions and constructs drawn so far; shared by all bodies of a program.
        dynamic: nesting depth in dynamic loops.
        depth: nesting depth of blocks.
        avoided: variables that are operands of the same production already: ``x - x`` says nothing about ``x``.
        blind: whether no derivative leads out of what is being drawn, such as a condition or an index.
        unrolled: how often the present point is repeated by unrolled loops around it.
        loops: the loops around the present point, the innermost last.
    """

    def __init__(
        self,
        chooser: Chooser,
        palette: Palette,
        constructs: tuple[Construct, ...],
        host: Host,
        callees: list[Callee],
        used: dict[str, None],
    ) -> None:
        self.chooser = chooser
        self.palette = palette
        self.constructs = constructs
        self.host = host
        self.scope = Scope()
        self.callees = callees
        self.used = used
        self.dynamic = 0
        self.unrolled = 1
        self.loops: list[Loop] = []
        self.depth = 0
        self.avoided: set[str] = set()
        self.blind = False
        self._counters: dict[str, int] = {}

    # -- names ---------------------------------------------------------------------------------------------------------

    def new_name(self, stems: tuple[str, ...]) -> str:
        """An identifier that no other of this function has: a stem and a number."""
        stem = self.chooser.choose(stems)
        count = self._counters[stem] = self._counters.get(stem, -1) + 1
        return f"{stem}{count}" if count else stem

    def declare(self, t: Value, *, constant: bool = False) -> Variable:
        """A new local variable of the innermost block."""
        return self.scope.add(self.variable(t, constant=constant))

    def variable(self, t: Value, *, constant: bool = False) -> Variable:
        """A new local variable that nothing sees yet."""
        name = None if constant else self._name_again(t)
        name = name or self.new_name(literals.stems(t))
        return Variable(name, t, mutable=not constant, constant=constant)

    def _name_again(self, t: Value) -> str | None:
        """Now and then a name that a block which has ended bound to a value of the type: it keeps its type for ever.

        Seldom in a dynamic loop: what was bound before it is a value that the loop carries along.
        """
        known = [v for v in self.scope.ended if v.type is t]
        if not known or not self.chooser.chance(6 if self.dynamic else 30):
            return None
        variable = self.chooser.choose(known)
        self.scope.ended.remove(variable)
        self.used["name bound again"] = None
        return variable.name

    def read(self, variable: Variable) -> Expr:
        """A use of the variable's value.

        One that has derivatives stays unread where none leads back to it, and now and then anyway: so that it is used
        more than once, and its derivative arrives.
        """
        if variable.fresh and types.differentiable(variable.type):
            variable.fresh = self.blind or self.chooser.chance(_AGAIN)
        else:
            variable.fresh = False
        return variable.node

    def changed(self, variable: Variable) -> None:
        """The variable has another value from here on, which nothing has read."""
        outer = next((loop for loop in self.loops if loop.dynamic and self.outside(variable, loop)), None)
        if outer is None:
            variable.fresh = True
        else:
            variable.fresh = False
            outer.carried.append(variable)

    def outside(self, variable: Variable, loop: Loop) -> bool:
        """Whether the variable is there before the loop."""
        return any(variable in block for block in self.scope.blocks[: loop.blocks])

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expr(self, t: Value, fuel: int) -> Expr:
        """An expression of type ``t``, at most ``fuel`` productions deep."""
        if fuel <= 0:
            return self.leaf(t)
        called = [c for c in self.callees if c.result is t and not c.threads]
        if called and self.chooser.chance(_CALL):
            return self.apply(self.chooser.choose(called).production, fuel)
        menu = self.yielding(t)
        if not menu[0] or not self.chooser.chance(_GROW):
            return self.leaf(t)
        return self.apply(self.pick(menu), fuel)

    def yielding(self, t: Value) -> Menu:
        """What may make a value of type ``t`` here: in an unrolled loop, nothing heavy."""
        return self.palette.yielding(t, light=self.unrolled > 1)

    def taking(self, t: Type) -> Menu:
        """What may take a value of type ``t`` here: in an unrolled loop, nothing heavy."""
        return self.palette.taking(t, light=self.unrolled > 1)

    def pick(self, menu: Menu) -> Production:
        """A production of a menu: the builtin first, then its signature."""
        group = self.chooser.choose(*menu)
        return self.chooser.choose(group)

    def apply(self, p: Production, fuel: int, placed: tuple[int, Expr] | None = None) -> Expr:
        """The production over operands drawn with the remaining fuel; one of them may be given."""
        self.used[p.name] = None
        operands: list[Expr] = []
        outer, known = self.avoided, [placed[1]] if placed is not None else []
        blind, self.blind = self.blind, self.blind or not p.carries
        for i, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
            if placed is not None and placed[0] == i:
                operands.append(placed[1])
            else:
                self.avoided = {e.value for e in (*known, *operands) if isinstance(e, cst.Name)}
                operands.append(self.operand(t, needs, fuel - 1))
            if p.builtin in WIDENING and isinstance(operands[i], cst.Name):
                operands[i] = self.computed(p.operands[i], operands[i])  # type: ignore[arg-type]
        self.avoided, self.blind = outer, blind
        return p.build(*operands)

    def operand(self, t: Type, needs: Interval | None, fuel: int) -> Expr:
        """An operand of type ``t`` that keeps the contract ``needs``."""
        if isinstance(t, Array):
            return self.host.array(self, t).node
        return self.expr(t, fuel) if needs is None else self.within(t, needs, fuel)

    def leaf(self, t: Value) -> Expr:
        """A variable, an element of an array, a new parameter, or a literal of type ``t``."""
        if types.kind(t) == "struct":
            return self._struct(t)
        candidates = [v for v in self.scope.of(t) if v.name not in self.avoided]
        fresh = [v for v in candidates if v.fresh]
        if fresh and self.chooser.chance(75):
            return self.read(self.chooser.choose(fresh))
        source = self.chooser.choose(_SOURCES, _SOURCE_WEIGHTS[types.differentiable(t)])
        if source == "variable" and candidates:
            return self.read(self.chooser.choose(candidates))
        if source != "literal" or t is wp.bool:  # Warp decides a literal condition at compile time
            made = self.host.source(self, t)
            if made is not None:
                return made
            if candidates:
                return self.read(self.chooser.choose(candidates))
            if types.is_composite(t):
                return self._composed(t)
        return self.condition(0) if t is wp.bool else self.closed(t)

    def _composed(self, t: Value) -> Expr:
        """A value of a composite type, made of leaves where that is possible."""
        shortest = self.palette.shortest(t)
        production = self.chooser.choose(
            [p for p in shortest if any(map(types.differentiable, p.operands))] or shortest
        )
        self.used[production.name] = None
        pairs = zip(production.operands, production.requires, strict=True)
        return production.build(*(self.leaf(o) if n is None else self.within(o, n, 0) for o, n in pairs))  # type: ignore[arg-type]

    def _struct(self, t: Value) -> Expr:
        """A variable or a parameter of a struct type, or a new value of it."""
        candidates = self.scope.of(t)
        if candidates and self.chooser.chance(80):
            return self.read(self.chooser.choose(candidates))
        return self.host.source(self, t) or self.apply(self.palette.shortest(t)[0], 1)

    def closed(self, t: Value) -> Expr:
        """An expression without variables: a literal, or the shortest derivation from literals."""
        if types.is_scalar(t):
            return literals.literal(self.chooser, t)
        production = self.chooser.choose(self.palette.shortest(t))
        self.used[production.name] = None
        return production.build(
            *(
                self.closed(o) if needs is None else literals.within(self.chooser, o, needs)  # type: ignore[arg-type]
                for o, needs in zip(production.operands, production.requires, strict=True)
            )
        )

    def live(self, t: Value) -> Expr:
        """A variable or an input of type ``t``, whose value Warp cannot know at compile time."""
        if types.kind(t) == "struct":
            return self._struct(t)
        candidates = [v for v in self.scope.of(t) if not v.constant and v.name not in self.avoided]
        fresh = [v for v in candidates if v.fresh]
        if fresh and self.chooser.chance(75):
            return self.read(self.chooser.choose(fresh))
        if not candidates or self.chooser.chance(40):
            made = self.host.source(self, t)
            if made is not None:
                return made
        return self.read(self.chooser.choose(candidates)) if candidates else self.closed(t)

    def condition(self, fuel: int) -> Expr:
        """A truth value that is not known at compile time."""
        flags = [v for v in self.scope.of(wp.bool) if not v.constant]
        fresh = [v for v in flags if v.fresh]
        if fresh and self.chooser.chance(70):
            return self.read(self.chooser.choose(fresh))
        menu = self.yielding(wp.bool)
        if fuel > 0 and self.chooser.chance(30):
            return self.apply(self.pick(menu), fuel)
        comparable = [t for t in self.palette.types if types.kind(t) in ("int", "float")]
        t = self.chooser.choose(comparable)
        group = next(g for g in menu[0] if g[0].builtin == "compare")
        p = self.chooser.choose([p for p in group if p.operands[0] is t])
        blind, self.blind = self.blind, True
        test = self.apply(p, fuel, placed=(0, self.live(t)))
        self.blind = blind
        return test

    # -- constants -----------------------------------------------------------------------------------------------------

    def is_constant(self, value: Expr) -> bool:
        """Whether Warp binds a name to a compile-time constant when the value is assigned to it."""
        if isinstance(value, (cst.Integer, cst.Float)):
            return True
        if isinstance(value, cst.UnaryOperation):
            return self.is_constant(value.expression)
        if isinstance(value, cst.Name):
            known = next((v for v in self.scope.visible() if v.name == value.value), None)
            return known is None or known.constant  # True, False
        return isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "len"

    def computed(self, t: Value, value: Expr) -> Expr:
        """The value, through a conversion to its own type where Warp would take it for a constant."""
        return spell.call(types.spelling(t), value) if self.is_constant(value) else value

    # -- contracts -----------------------------------------------------------------------------------------------------

    def within(self, t: Value, needs: Interval, fuel: int) -> Expr:
        """An expression of type ``t`` whose value lies in the interval: a literal, or guarded in some way."""
        bounded = self._bounded(needs) if t is wp.int32 else []
        if bounded and self.chooser.chance(60):
            return self.read(self.chooser.choose(bounded))
        if needs.low == needs.high or fuel < 0 or not self.chooser.chance(65):
            return literals.within(self.chooser, t, needs)
        if needs.negatives and self.chooser.chance(15):
            positive = self.within(t, Interval(max(2, needs.low or 0), needs.high), fuel - 1)
            self.used[f"neg({types.name(t)})"] = None
            return spell.unary("-", positive)
        if types.is_scalar(t):
            guard = self.chooser.choose(_guards(t, needs))
            return guard(self, t, needs, fuel)
        return self._spread(t, needs, fuel)

    def unguarded(self, t: Value, fuel: int) -> Expr:
        """What a guard is put around: nothing whose value is known at compile time."""
        return self.expr(t, fuel) if fuel > 0 else self.live(t)

    def _bounded(self, needs: Interval) -> list[Variable]:
        if needs.high is None or (needs.low or 0) > 0:
            return []
        return [v for v in self.scope.of(wp.int32) if v.bound is not None and v.bound - 1 <= needs.high]

    def _spread(self, t: Value, needs: Interval, fuel: int) -> Expr:
        """A vector clamped component by component, or a composite filled with one guarded scalar."""
        part = types.scalar(t)
        if types.kind(t) == "vec" and self.chooser.chance(60):
            e = self.expr(t, fuel)
            if needs.high is not None:
                e = self._bound("min", t, e, needs.high)
            return e if needs.low is None else self._bound("max", t, e, needs.low)
        one = self.within(part, needs, fuel)
        builtin = {"vec": "vector", "mat": "matrix"}.get(types.kind(t))
        if builtin is None:
            return literals.within(self.chooser, t, needs)
        self.used[f"{builtin}:{types.spelling(t)}({types.name(part)}) -> {types.name(t)}"] = None
        return spell.call(types.spelling(t), one)

    def _bound(self, builtin: str, t: Value, e: Expr, limit: float) -> Expr:
        self.used[f"{builtin}({types.name(t)}, {types.name(t)})"] = None
        return spell.call(f"wp.{builtin}", e, literals.constant(t, limit))

    def index(self, extent: int) -> Expr:
        """An int32 expression in ``[0, extent)``."""
        return self.within(wp.int32, Interval(0, extent - 1), self.chooser.integer(0, 2))


Guard = Callable[[Body, Value, Interval, int], Expr]
_GROW = 78
_CALL = 10
_SOURCES = ("variable", "input", "literal")
_SOURCE_WEIGHTS = ((60, 25, 15), (64, 29, 7))
"""Of values without derivatives, and of those with."""
_AGAIN = 50


def _clamp(body: Body, t: Value, needs: Interval, fuel: int) -> Expr:
    body.used[f"clamp({', '.join((types.name(t),) * 3)})"] = None
    assert needs.low is not None
    assert needs.high is not None
    e = body.unguarded(t, fuel)
    return spell.call("wp.clamp", e, literals.constant(t, needs.low), literals.constant(t, needs.high))


def _min_max(body: Body, t: Value, needs: Interval, fuel: int) -> Expr:
    # On floats min and max return the other operand for a NaN, so the outcome is in range whatever comes in.
    e = body.unguarded(t, fuel)
    if needs.high is not None:
        e = body._bound("min", t, e, needs.high)
    return e if needs.low is None else body._bound("max", t, e, needs.low)


def _mask(body: Body, t: Value, needs: Interval, fuel: int) -> Expr:
    low, high = int(needs.low or 0), needs.high
    span = 15 if high is None else int(high) - low
    mask = (1 << (span + 1).bit_length() - 1) - 1
    e = spell.binary("&", body.unguarded(t, fuel), literals.constant(t, mask))
    body.used[f"bit_and({types.name(t)}, {types.name(t)})"] = None
    if low:
        body.used[f"add({types.name(t)}, {types.name(t)})"] = None
        e = spell.binary("+", e, literals.constant(t, low))
    return e


def _magnitude(body: Body, t: Value, needs: Interval, fuel: int) -> Expr:
    body.used[f"abs({types.name(t)})"] = None
    e = spell.call("wp.abs", body.unguarded(t, fuel))
    if needs.low:
        body.used[f"add({types.name(t)}, {types.name(t)})"] = None
        e = spell.binary("+", e, literals.constant(t, needs.low))
    return e


def _guards(t: Value, needs: Interval) -> list[Guard]:
    """The ways to bring a scalar into the interval; several, since a uniform guard hides what it guards."""
    guards: list[Guard] = [_min_max]
    if needs.low is not None and needs.high is not None:
        guards.append(_clamp)
    if types.kind(t) == "int" and needs.low is not None and (needs.high is None or needs.high > needs.low):
        guards.append(_mask)
    if types.kind(t) == "float" and needs.low is not None and needs.low >= 0 and needs.high is None:
        guards.append(_magnitude)
    return guards


def lines(statements: list[Stmt]) -> int:
    """How many source lines the statements take."""
    return sum(map(_lines, statements))


def _lines(node: Stmt) -> int:
    total = 1
    if isinstance(node, (cst.If, cst.For, cst.While)):
        total += lines(node.body.body)  # type: ignore[arg-type]
        tail = node.orelse
        if isinstance(tail, cst.Else):
            total += 1 + lines(tail.body.body)  # type: ignore[arg-type]
        elif isinstance(tail, cst.If):
            total += _lines(tail)
    return total
