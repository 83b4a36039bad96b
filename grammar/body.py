"""Drawing the body of one function: expressions of a wanted type, by plain recursion with explicit fuel.

Nothing here is ever drawn and thrown away. An expression of any type exists at any fuel: a variable, a new parameter,
or a literal and the shortest derivation from literals.

A :class:`Body` draws statements, which are a :class:`Construct` each, and asks an :class:`EnclosingFunction` for
parameters; both are handed the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Protocol

import libcst as cst
import warp as wp

from warpsmith.grammar import guards, literals, spell, types
from warpsmith.grammar.budget import Budget
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.costs import entry
from warpsmith.grammar.exceptions import WIDENING
from warpsmith.grammar.grammar import Menu, Palette
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.scope import Callee, Loop, Scope, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Type, Value

_USE_PRODUCTION = 78  # per cent: an expression with fuel is a production, not a leaf
_CALL_FUNCTION = 10
_STAY_UNREAD = 50
_DYNAMIC_COPIES = 2  # the compiler unrolls some of the loops that Warp keeps
_SOURCES = ("variable", "input", "literal")
_SOURCE_WEIGHTS = ((60, 25, 15), (64, 29, 7))
"""Of values without derivatives, and of those with."""


def always(body: Body, budget: int) -> bool:
    """A construct that can be drawn anywhere."""
    return True


@dataclass(frozen=True)
class Construct:
    """One kind of statement.

    Attributes:
        name: the field's name for it; programs list it among their productions.
        draw: given the body and how many lines may be spent, the statements.
        weight: how often it is chosen, relative to the others.
        fits: whether it can be drawn at this point with so many lines.
        covers: builtins of Warp's registry that only this statement reaches.
    """

    name: str
    draw: Callable[[Body, int], list[Stmt]]
    weight: int = 10
    fits: Callable[[Body, int], bool] = always
    covers: tuple[str, ...] = ()


class EnclosingFunction(Protocol):
    """A kernel or a function, as its body sees it."""

    parameters: list[Variable]
    results: tuple[Value, ...]

    def input(self, body: Body, t: Value) -> Expr | None:
        """An input of type ``t``, new or not; ``None`` where the function takes no more."""

    def array(self, body: Body, t: Array) -> Variable:
        """A read-only array parameter of that type, new or not."""


class Body:
    """The state of drawing one function's body.

    Attributes:
        chooser: answers the questions.
        palette: the productions and types that the program is about.
        constructs: the statements that may be drawn.
        function: the function or kernel whose body it is: makes parameters on demand.
        scope: what is visible at this point.
        callees: user functions that may be called.
        used: names of the productions and constructs drawn so far; shared by all bodies of a program.
        depth: nesting depth of blocks.
        avoided: variables that are operands of the same production already: ``x - x`` does not depend on ``x``.
        detached: whether no derivative leads out of what is being drawn, such as a condition or an index.
        loops: the loops around the present point, the innermost last.
        budget: what the program may still cost, if that is limited.
    """

    def __init__(
        self,
        chooser: Chooser,
        palette: Palette,
        constructs: tuple[Construct, ...],
        function: EnclosingFunction,
        callees: list[Callee],
        used: set[str],
        budget: Budget | None = None,
    ) -> None:
        self.chooser = chooser
        self.palette = palette
        self.constructs = constructs
        self.function = function
        self.scope = Scope()
        self.callees = callees
        self.used = used
        self.budget = budget
        self.loops: list[Loop] = []
        self.depth = 0
        self.avoided: set[str] = set()
        self.detached = False
        self._counters: dict[str, int] = {}

    @property
    def in_dynamic_loop(self) -> bool:
        """Whether a loop around the present point is dynamic."""
        return any(loop.dynamic for loop in self.loops)

    @property
    def copies(self) -> int:
        """How often the present point is repeated by unrolled loops around it."""
        return prod(loop.copies for loop in self.loops)

    # -- budget --------------------------------------------------------------------------------------------------------

    @property
    def exhausted(self) -> bool:
        """Whether the program may cost no more."""
        return self.budget is not None and self.budget.left <= 0

    def spend(self, name: str) -> None:
        """Books something that was drawn, by its name in the table of costs; what is in a loop may be there twice."""
        if self.budget is not None:
            self.budget.spend(name, self._repeats)

    def affords(self, name: str) -> bool:
        """Whether something may still be drawn, as far as costs go."""
        return self.budget is None or self.budget.affords(name, self._repeats)

    @property
    def _repeats(self) -> int:
        return prod(_DYNAMIC_COPIES if loop.dynamic else loop.copies for loop in self.loops)

    # -- names ---------------------------------------------------------------------------------------------------------

    def new_name(self, stems: tuple[str, ...]) -> str:
        """An identifier that no other of this function has: a stem and a number."""
        stem = self.chooser.choose(stems)
        count = self._counters[stem] = self._counters.get(stem, -1) + 1
        return f"{stem}{count}" if count else stem

    def reserve(self, names: Iterable[str]) -> None:
        """Keeps those names from being given to anything else."""
        self._counters.update(dict.fromkeys(names, 0))

    def declare(self, t: Value, *, constant: bool = False) -> Variable:
        """A new local variable of the innermost block."""
        return self.scope.add(self.variable(t, constant=constant))

    def variable(self, t: Value, *, constant: bool = False) -> Variable:
        """A new local variable that nothing sees yet."""
        name = None if constant else self._name_again(t)
        name = name or self.new_name(literals.stems(t))
        return Variable(name, t, mutable=not constant, constant=constant)

    def _name_again(self, t: Value) -> str | None:
        """Now and then a name that a block which has ended bound to a value of the type: a name keeps its type.

        Seldom in a dynamic loop: what was bound before it becomes a loop-carried value.
        """
        known = [v for v in self.scope.ended if v.type is t]
        if not known or not self.chooser.chance(6 if self.in_dynamic_loop else 30):
            return None
        variable = self.chooser.choose(known)
        self.scope.ended.remove(variable)
        self.used.add("name bound again")
        return variable.name

    def read(self, variable: Variable) -> Expr:
        """A use of the variable's value.

        One that has derivatives stays unread where none leads back to it, and now and then anyway: so that it is used
        more than once, and its derivative arrives.
        """
        if variable.unread and types.differentiable(variable.type):
            variable.unread = self.detached or self.chooser.chance(_STAY_UNREAD)
        else:
            variable.unread = False
        return variable.node

    def mark_changed(self, variable: Variable) -> None:
        """The variable has another value from here on, which nothing has read."""
        outer = next((loop for loop in self.loops if loop.dynamic and self.outside(variable, loop)), None)
        if outer is None:
            variable.unread = True
        else:
            variable.unread = False
            outer.carried.append(variable)

    def outside(self, variable: Variable, loop: Loop) -> bool:
        """Whether the variable is there before the loop."""
        return any(variable in block for block in self.scope.blocks[: loop.blocks])

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expr(self, t: Value, fuel: int) -> Expr:
        """An expression of type ``t``, at most ``fuel`` productions deep."""
        if fuel <= 0 or self.exhausted:
            return self.leaf(t)
        called = [c for c in self.callees if c.result is t and not c.threads and self.affords(c.name)]
        if called and self.chooser.chance(_CALL_FUNCTION):
            return self.apply(self.chooser.choose(called).production, fuel)
        menu = self.yielding(t)
        if not menu[0] or not self.chooser.chance(_USE_PRODUCTION):
            return self.leaf(t)
        return self.apply(self.pick(menu), fuel)

    def yielding(self, t: Value) -> Menu:
        """What may make a value of type ``t`` here: in an unrolled loop, nothing heavy."""
        return self.palette.yielding(t, light=self.copies > 1)

    def taking(self, t: Type) -> Menu:
        """What may take a value of type ``t`` here: in an unrolled loop, nothing heavy."""
        return self.palette.taking(t, light=self.copies > 1)

    def pick(self, menu: Menu) -> Production:
        """A production of a menu: the builtin first, then its signature."""
        group = self.chooser.choose(*menu)
        return self.chooser.choose(group)

    def apply(self, p: Production, fuel: int, placed: tuple[int, Expr] | None = None) -> Expr:
        """The production over operands drawn with the remaining fuel; one of them may be given."""
        self.used.add(p.name)
        if self.budget is not None:
            self.spend(entry(p))
        operands: list[Expr] = []
        outer, known = self.avoided, [placed[1]] if placed is not None else []
        detached, self.detached = self.detached, self.detached or not p.carries
        for i, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
            if placed is not None and placed[0] == i:
                operands.append(placed[1])
            else:
                self.avoided = {e.value for e in (*known, *operands) if isinstance(e, cst.Name)}
                operands.append(self.operand(t, needs, fuel - 1))
            if p.builtin in WIDENING and isinstance(operands[i], cst.Name):
                operands[i] = self.nonconstant(p.operands[i], operands[i])  # type: ignore[arg-type]
        self.avoided, self.detached = outer, detached
        return p.build(*operands)

    def operand(self, t: Type, needs: Interval | None, fuel: int) -> Expr:
        """An operand of type ``t`` that keeps the contract ``needs``."""
        if isinstance(t, Array):
            return self.function.array(self, t).node
        return self.expr(t, fuel) if needs is None else self.within(t, needs, fuel)

    def leaf(self, t: Value) -> Expr:
        """A variable, an element of an array, a new parameter, or a literal of type ``t``."""
        if types.kind(t) == "struct":
            return self._struct(t)
        candidates = [v for v in self.scope.of(t) if v.name not in self.avoided]
        unread = [v for v in candidates if v.unread]
        if unread and self.chooser.chance(75):
            return self.read(self.chooser.choose(unread))
        source = self.chooser.choose(_SOURCES, _SOURCE_WEIGHTS[types.differentiable(t)])
        if source == "variable" and candidates:
            return self.read(self.chooser.choose(candidates))
        if source != "literal" or t is wp.bool:  # Warp decides a literal condition at compile time
            made = self.function.input(self, t)
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
        self.used.add(production.name)
        pairs = zip(production.operands, production.requires, strict=True)
        return production.build(*(self.leaf(o) if n is None else self.within(o, n, 0) for o, n in pairs))  # type: ignore[arg-type]

    def _struct(self, t: Value) -> Expr:
        """A variable or a parameter of a struct type, or a new value of it."""
        candidates = self.scope.of(t)
        if candidates and self.chooser.chance(80):
            return self.read(self.chooser.choose(candidates))
        return self.function.input(self, t) or self.apply(self.palette.shortest(t)[0], 1)

    def closed(self, t: Value) -> Expr:
        """An expression without variables: a literal, or the shortest derivation from literals."""
        if types.is_scalar(t):
            return literals.literal(self.chooser, t)
        production = self.chooser.choose(self.palette.shortest(t))
        self.used.add(production.name)
        return production.build(
            *(
                self.closed(o) if needs is None else literals.within(self.chooser, o, needs)  # type: ignore[arg-type]
                for o, needs in zip(production.operands, production.requires, strict=True)
            )
        )

    def runtime_value(self, t: Value) -> Expr:
        """A variable or an input of type ``t``, whose value Warp cannot know at compile time."""
        if types.kind(t) == "struct":
            return self._struct(t)
        candidates = [v for v in self.scope.of(t) if not v.constant and v.name not in self.avoided]
        unread = [v for v in candidates if v.unread]
        if unread and self.chooser.chance(75):
            return self.read(self.chooser.choose(unread))
        if not candidates or self.chooser.chance(40):
            made = self.function.input(self, t)
            if made is not None:
                return made
        return self.read(self.chooser.choose(candidates)) if candidates else self.closed(t)

    def condition(self, fuel: int) -> Expr:
        """A truth value that is not known at compile time."""
        flags = [v for v in self.scope.of(wp.bool) if not v.constant]
        unread = [v for v in flags if v.unread]
        if unread and self.chooser.chance(70):
            return self.read(self.chooser.choose(unread))
        menu = self.yielding(wp.bool)
        if fuel > 0 and self.chooser.chance(30):
            return self.apply(self.pick(menu), fuel)
        comparable = [t for t in self.palette.types if types.kind(t) in ("int", "float")]
        t = self.chooser.choose(comparable)
        group = next(g for g in menu[0] if g[0].builtin == "compare")
        p = self.chooser.choose([p for p in group if p.operands[0] is t])
        detached, self.detached = self.detached, True
        test = self.apply(p, fuel, placed=(0, self.runtime_value(t)))
        self.detached = detached
        return test

    # -- constants -----------------------------------------------------------------------------------------------------

    def nonconstant(self, t: Value, value: Expr) -> Expr:
        """The value, through a conversion to its own type where Warp would take it for a constant."""
        return spell.call(types.spelling(t), value) if self.scope.is_constant(value) else value

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
            self.used.add(types.signature("neg", t))
            return spell.unary("-", positive)
        if types.is_scalar(t):
            guard = self.chooser.choose(guards.guards(t, needs))
            return self._made(guard(t, needs, self.expr(t, fuel) if fuel > 0 else self.runtime_value(t)))
        return self._within_composite(t, needs, fuel)

    def _made(self, guarded: guards.Guarded) -> Expr:
        """A guarded value, whose productions count as used."""
        value, productions = guarded
        self.used.update(productions)
        return value

    def _bounded(self, needs: Interval) -> list[Variable]:
        if needs.high is None or (needs.low or 0) > 0:
            return []
        return [v for v in self.scope.of(wp.int32) if v.bound is not None and v.bound - 1 <= needs.high]

    def _within_composite(self, t: Value, needs: Interval, fuel: int) -> Expr:
        """A vector clamped component by component, or a composite filled with one guarded scalar."""
        part = types.scalar(t)
        if types.kind(t) == "vec" and self.chooser.chance(60):
            return self._made(guards.min_max(t, needs, self.expr(t, fuel)))
        one = self.within(part, needs, fuel)
        builtin = {"vec": "vector", "mat": "matrix"}.get(types.kind(t))
        if builtin is None:
            return literals.within(self.chooser, t, needs)
        self.used.add(f"{builtin}:{types.spelling(t)}({types.name(part)}) -> {types.name(t)}")
        return spell.call(types.spelling(t), one)

    def index(self, extent: int) -> Expr:
        """An int32 expression in ``[0, extent)``."""
        return self.within(wp.int32, Interval(0, extent - 1), self.chooser.integer(0, 2))
