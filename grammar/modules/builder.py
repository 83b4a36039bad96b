"""What the forms of functions share while a program is drawn: names, and bodies over parameters that they ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import warp as wp

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body
from warpsmith.grammar.constructs import assign, jumps
from warpsmith.grammar.functions import PlainFunction
from warpsmith.grammar.kernels import ProgramBuilder, annotation
from warpsmith.grammar.scope import Callee, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Result, Value


class ModuleBuilder(ProgramBuilder):
    """Draws the functions of a program in the forms in which people define them.

    Attributes:
        enum: whether the file has an enumeration.
    """

    enum = False

    @cached_property
    def _names(self) -> Counter[str]:
        """How often each stem was given as a name of the file."""
        return Counter()

    def fresh(self, *stems: str) -> str:
        """A name of the file that nothing else has."""
        stem = self.chooser.choose(stems)
        self._names[stem] += 1
        return stem if self._names[stem] == 1 else f"{stem}_{self._names[stem]}"

    def local(self, *stems: str) -> str:
        """A name within a function: one that would hide no name of the file."""
        return self.chooser.choose([stem for stem in stems if not self._names[stem]] or [f"inner_{stems[0]}"])

    def part(self) -> Value:
        """The floating-point type that the program is about."""
        return next(t for t in self.palette.types if types.kind(t) == "float")

    def wanted(self) -> Value:
        """A type that a function may return: one that unread values flow into."""
        found = [t for t in self.palette.types if unread.addable(t)]
        return self.chooser.choose(found, [3 if types.differentiable(t) else 1 for t in found])

    def plain(
        self,
        lines: int,
        results: tuple[Value, ...],
        begin: Callable[[Body], list[Stmt]] | None = None,
        limit: int = 4,
    ) -> tuple[list[Variable], list[Stmt]]:
        """The parameters and the statements of a function.

        Args:
            lines: about how many.
            results: types of what it returns.
            begin: its first statements; without, a parameter is read.
            limit: how many parameters there may be before no more are made for values that are merely read.
        """
        function = PlainFunction(results, limit)
        body = self.body(function)
        statements = begin(body) if begin is not None else []
        if not function.parameters:
            statements.append(assign.bind(body, results[0], body.runtime_value(results[0])))
        statements += block(body, lines)
        statements.append(spell.returns(jumps.results(body)))
        return function.parameters, statements

    def callee(
        self,
        name: str,
        parameters: list[Variable],
        results: tuple[Value, ...],
        *,
        given: tuple[Expr, ...] = (),
        generic: bool = False,
    ) -> Callee:
        """Makes a function one that the bodies drawn from here on may call."""
        result: Result = results[0] if len(results) == 1 else results
        made = Callee(name, result, tuple(parameters), generic=generic, given=given)
        self.callees.append(made)
        return made


@dataclass(frozen=True)
class DefinitionForm:
    """One way in which people define functions.

    Attributes:
        name: what programs list among their productions.
        draw: given the builder and how many lines may be spent, the statements that define the functions; the builder
            has them among its callees then.
        weight: how often it is chosen, relative to the others.
    """

    name: str
    draw: Callable[[ModuleBuilder, int], list[Stmt]]
    weight: int


def annotated(parameters: list[Variable]) -> list[tuple[str, Expr | None]]:
    """Names and annotations of parameters."""
    return [(v.name, annotation(v.type)) for v in parameters]


def func(name: str, parameters: list[Variable], statements: list[Stmt], *, named: int = 0) -> Stmt:
    """A ``@wp.func``."""
    defaults = [v.default for v in parameters]
    return spell.function("wp.func", name, annotated(parameters), statements, defaults, named=named)


def unary_of(builder: ModuleBuilder, t: Value) -> list[tuple[str, Expr]]:
    """What takes one value of a type and gives another of it: functions of the program, and a few of Warp's."""
    own: list[tuple[str, Expr]] = [
        (c.name, spell.name(c.name))
        for c in builder.callees
        if "." not in c.name
        and not c.given
        and not c.threads
        and c.result is t
        and [v.type for v in c.parameters] == [t]
    ]
    if t in (wp.float32, wp.float64, wp.float16):
        own += [(n, spell.dotted(f"wp.{n}")) for n in ("sin", "cos", "tanh", "abs", "floor", "atan")]
    return own
