"""What a program point can see: variables by type, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from warpsmith.grammar import spell
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array, Type


@dataclass(eq=False)
class Variable:
    """A name that the program point can see.

    Attributes:
        name: its identifier.
        type: its type, for ever.
        mutable: whether it may be assigned again. A name bound to a compile-time constant may not: Warp refuses to
            change it in a dynamic loop. Loop variables and thread indices may not either.
        fresh: whether its present value has not been read yet. Fresh values are used first, so little code is dead.
        bound: if not ``None``, the value is an integer in ``[0, bound)``.
        extents: of an array parameter.
        role: of an array parameter: ``input``, ``output`` (one cell per thread) or ``accumulator`` (atomics only); of a
            constant of the file: ``module constant``, and it is one less than its bound, if it has one.
        stored: whether the thread's cell of an output has been written already.
        constant: whether Warp knows the value at compile time.
        axis: of an index of the thread: the dimension of the launch.
        default: of a parameter that need not be given: its value.
    """

    name: str
    type: Type
    mutable: bool = True
    fresh: bool = True
    bound: int | None = None
    extents: tuple[int, ...] = ()
    role: str = "input"
    stored: bool = False
    constant: bool = False
    axis: int | None = None
    default: Expr | None = None

    @property
    def node(self) -> Expr:
        """The identifier as a node."""
        return spell.name(self.name)


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

    def fresh(self) -> list[Variable]:
        """Variables of the innermost block whose value nobody has read yet, arrays apart."""
        return [v for v in self.blocks[-1] if v.fresh and not isinstance(v.type, Array)]
