"""What a program point can see: variables by type, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import libcst as cst

from warpsmith.grammar import spell
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array, Result, Type


@dataclass(eq=False)
class Variable:
    """A name that the program point can see.

    Attributes:
        name: its identifier.
        type: its type, which never changes.
        mutable: whether it may be assigned again. A name bound to a compile-time constant may not: Warp refuses to
            change it in a dynamic loop. Loop variables and thread indices may not either.
        unread: whether its present value has not been read yet. Unread values are used first, so little code is dead.
        bound: if not ``None``, the value is an integer in ``[0, bound)``.
        extents: of an array parameter.
        role: of an array parameter: ``input``, ``output`` (one cell per thread) or ``accumulator`` (atomics only); of a
            constant of the file: ``module constant``, and it is one less than its bound, if it has one.
        stored: whether the thread's cell of an output has been written already.
        constant: whether Warp knows the value at compile time.
        axis: of an index of the thread: the dimension of the launch.
        default: of a parameter that need not be given: its value.
        named: of a parameter that is given by keyword alone.
    """

    name: str
    type: Type
    mutable: bool = True
    unread: bool = True
    bound: int | None = None
    extents: tuple[int, ...] = ()
    role: str = "input"
    stored: bool = False
    constant: bool = False
    axis: int | None = None
    default: Expr | None = None
    named: bool = False

    @property
    def node(self) -> Expr:
        """The identifier as a node."""
        return spell.name(self.name)


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
        given: what every call passes before the operands: functions.
    """

    name: str
    result: Result
    parameters: tuple[Variable, ...]
    threads: bool = False
    generic: bool = False
    given: tuple[Expr, ...] = ()

    @property
    def production(self) -> Production:
        """A call of it, by position where that may be."""
        operands = tuple(v.type for v in self.parameters)
        named = tuple(v.name for v in self.parameters if v.named)
        return Production(self.name, operands, self.result, partial(self.call, named))

    def call(self, keywords: Sequence[str], *operands: Expr) -> Expr:
        """A call whose last operands are given by those keywords."""
        plain = len(operands) - len(keywords)
        named = dict(zip(keywords, operands[plain:], strict=True))
        return spell.call(self.name, *self.given, *operands[:plain], **named)


@dataclass(frozen=True)
class Spread(Callee):
    """A function of several numbers, as it is called with the components of a vector: ``f(*v)``."""

    def call(self, keywords: Sequence[str], *operands: Expr) -> Expr:
        """The call."""
        (vector,) = operands
        return spell.call(self.name, *self.given, spell.starred(vector))


@dataclass(frozen=True)
class Loop:
    """A loop around a program point.

    Attributes:
        dynamic: whether Warp keeps it as a loop; only such a one may be left early.
        blocks: how many blocks of the scope are outside it.
        copies: how often Warp repeats its block: the trips of a loop that it unrolls.
        carried: loop-carried variables: from outside, and changed in it. They count as unread when it ends, not
            before: values that a dynamic loop carries along have no documented derivatives.
    """

    dynamic: bool
    blocks: int
    copies: int = 1
    carried: list[Variable] = field(default_factory=list)


@dataclass
class Scope:
    """Variables in nested blocks, innermost last.

    Attributes:
        blocks: each with the variables it has bound.
        ended: variables of blocks that have ended, whose names may be bound again.
    """

    blocks: list[list[Variable]] = field(default_factory=lambda: [[]])
    ended: list[Variable] = field(default_factory=list)

    def end_block(self) -> None:
        """Ends the innermost block."""
        self.ended += [v for v in self.blocks.pop() if v.mutable and not isinstance(v.type, Array)]

    def add(self, variable: Variable) -> Variable:
        """Declares a variable in the innermost block."""
        self.blocks[-1].append(variable)
        return variable

    def visible(self) -> Iterator[Variable]:
        """Every visible variable, innermost and latest first."""
        for block in reversed(self.blocks):
            yield from reversed(block)

    def of(self, t: Type) -> list[Variable]:
        """Visible variables of exactly that type, latest first."""
        return [v for v in self.visible() if v.type is t]

    def unread(self) -> list[Variable]:
        """Variables of the innermost block whose value has not been read yet, arrays apart."""
        return [v for v in self.blocks[-1] if v.unread and not isinstance(v.type, Array)]

    def is_constant(self, value: Expr) -> bool:
        """Whether Warp binds a name to a compile-time constant when the value is assigned to it."""
        if isinstance(value, (cst.Integer, cst.Float)):
            return True
        if isinstance(value, cst.UnaryOperation):
            return self.is_constant(value.expression)
        if isinstance(value, cst.Name):
            known = next((v for v in self.visible() if v.name == value.value), None)
            return known is None or known.constant  # True, False
        return isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "len"
