"""What a program that is being drawn can read and write, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from warpsmith.grammar import types
from warpsmith.grammar.likely.bounds import Range
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array, Type, Value

INTEGERS_OF = (1, 7)
"""Where integers of an input lie of which something is required."""
FLOATS_OF = (0.25, 1.0)
"""Where floats of an input lie of which something is required: within every contract of ``contracts.py`` but two."""

BOTH, RETURNING = "ifboth", "ifreturn"
"""The heads of an ``if`` whose two arms bind a name first, and of one whose arms end with a ``return``."""

GIVEN_INTEGERS, GIVEN_FLOATS = (1, 16), (0.125, 8.0)
"""Where operands of a function lie that needs them somewhere."""


@dataclass(eq=False)
class LocalName:
    """A name of the program.

    Attributes:
        name: as it is written.
        type: of its values.
        origin: ``thread``, ``loop``, ``param``, ``local``, ``constant``.
        bounds: where it lies; asked late, because the ranges of inputs may still be narrowed.
        sources: the inputs that it was computed from.
        literal: whether it was bound to a literal, which Warp does not let a loop change.
        widened: whether a conversion in a loop reads it, which a literal that the loop binds it to would make another.
        loops: how many loops enclose its declaration.
        level: how many blocks enclose its declaration; it is gone at the end of the innermost one.
        range: of an input: where its values, or its elements, are drawn from; ``None`` for anywhere.
        mode: of an array: ``read``, ``store``, or the atomic that updates it; ``""`` as long as nothing does.
        accesses: of an array: for every access the thread's index that stands alone on each axis, or ``""``.
        axes: of an array that is stored to: the thread's index on each axis, or ``""``.
        reach: of an array: where the indices of each axis lie.
        reads: how often it was read.
        siblings: of a field of a struct that is an input: the other fields, which share its range.
        unread: whether it holds a value that nothing has read.
        stored: of an array: whether its thread's elements were stored to and not read since.
        equal: of a local: an expression that has the same value, and has it as long as nothing binds the local again.
        open: of a parameter: whether its annotation says ``Any``.
        node: how it is written, if not by its name.
        base: of a field of a parameter: the parameter, a struct or an array of them.
        member: the field.
        rows: of an array: whether rows of it are read, or it is one. Nothing stores to such a one.
        holder: of a field of the struct that holds parameters: what that is called here.
        parts: of a local that is a struct: its fields.
        whole: of such a field: the local.
        varies: of a local: what its value changes with; nothing is what constants change with.
        start: of a local: whether it holds what it starts from, and is to be added to.
        kept: of an array: whether nothing may be stored to it.
        element: of a local: the element of an array that it was read from, as it is written.
        filled: of an array: whether each thread has stored to its element in any case.
        indexed: of an array: whether it stands for some elements of another one.
    """

    name: str
    type: Kind
    origin: str
    bounds: Callable[[], Range] = lambda: None
    sources: frozenset[LocalName] = frozenset()
    literal: bool = False
    widened: bool = False
    loops: int = 0
    level: int = 0
    range: Range = None
    mode: str = ""
    accesses: list[tuple[str, ...]] = field(default_factory=list)
    axes: tuple[str, ...] = ()
    reach: list[list[Callable[[], Range]]] = field(default_factory=list)
    reads: int = 0
    unread: bool = False
    stored: bool = False
    siblings: list[LocalName] = field(default_factory=list)
    equal: Expr | None = None
    open: bool = False
    node: Expr | None = None
    base: str = ""
    member: str = ""
    rows: bool = False
    holder: str = ""
    parts: list[LocalName] = field(default_factory=list)
    whole: LocalName | None = None
    varies: frozenset[LocalName] = frozenset()
    start: bool = False
    kept: bool = False
    filled: bool = False
    indexed: bool = False
    element: str = ""

    @property
    def constant(self) -> bool:
        """Whether its value is the same in every launch."""
        return self.origin == "constant" or (self.origin == "local" and not self.varies)

    @property
    def readable(self) -> bool:
        """Whether nothing but its own thread may change what a read of it yields."""
        return self.mode in ("", "read", "store")

    @property
    def input(self) -> bool:
        """Whether its values are drawn when the program is launched."""
        return self.origin == "param"

    @property
    def parameter(self) -> str:
        """Of an input: the parameter that it is, or is a part of."""
        return self.base or self.holder or self.name

    def changed(self, varies: frozenset[LocalName]) -> None:
        """It is bound again: what was known of its value is not known any more, and nothing has read the new one.

        Args:
            varies: what the new value changes with; the old one may still be there.
        """
        self.bounds, self.sources, self.equal, self.unread = (lambda: None), frozenset(), None, True
        self.varies, self.start, self.element = self.varies | varies, False, ""

    def narrow(self, *, kernel: bool, zero: bool) -> None:
        """Lets its values come from a range that most contracts accept; callers of a function have a wider one.

        Args:
            kernel: whether it is a kernel's.
            zero: whether an integer may be zero; none of a struct that functions are handed as a whole is.
        """
        if self.range is None:
            t = self.type.dtype if isinstance(self.type, Array) else self.type
            integer, floating = (INTEGERS_OF, FLOATS_OF) if kernel else (GIVEN_INTEGERS, GIVEN_FLOATS)
            if types.scalar(t) in types.INTEGERS:
                self.range = (0 if zero and not self.holder else integer[0], integer[1])
            else:
                self.range = floating
            for v in self.siblings:
                v.range = self.range

    def extents(self) -> tuple[int, ...]:
        """Of an array: as many elements on each axis as the indices reach."""
        found = []
        for axis in self.reach:
            ranges = [r for b in axis if (r := b()) is not None]
            found.append(int(max((1, *(r[1] + 1 for r in ranges), *(-r[0] for r in ranges)))))
        return tuple(found)


@dataclass(frozen=True)
class Drawn:
    """An expression that was drawn.

    Attributes:
        node: the tree.
        type: its type; ``None`` for a call without a value.
        head: of its rule.
        bounds: where its value lies.
        sources: the inputs that it reads.
        name: of the variable, if it is nothing else.
        varies: what it changes with.
        zero: whether it is zero, whatever the inputs are.
    """

    node: Expr
    type: Kind | None
    head: str
    bounds: Callable[[], Range] = lambda: None
    sources: frozenset[LocalName] = frozenset()
    name: str = ""
    varies: frozenset[LocalName] = frozenset()
    zero: bool = False


@dataclass(frozen=True)
class OwnFunction:
    """A function of the program's own.

    Attributes:
        name: its name.
        names: of its parameters.
        parameters: their types.
        results: types of what it returns.
        ranges: where the operands must lie.
        extents: how long the arrays must be on each axis.
        generic: whether a parameter's type is open: Warp 1.19 takes no keywords for such a function.
        defaults: how many of the last parameters may be left out.
        named: how many of the last parameters are taken by keyword alone.
        modes: of each parameter that is an array: ``read``, or the atomic that updates it.
        held: of the struct that holds parameters, if it is given that: the fields that it reads.
        effects: of each parameter: whether what the function yields, or does, changes with it.
    """

    name: str
    names: tuple[str, ...]
    parameters: tuple[Type, ...]
    results: tuple[Value, ...]
    ranges: tuple[Range, ...]
    extents: tuple[tuple[int, ...], ...]
    generic: bool = False
    defaults: int = 0
    named: int = 0
    modes: tuple[str, ...] = ()
    held: tuple[LocalName, ...] = ()
    effects: tuple[bool, ...] = ()

    def yields(self, t: str) -> bool:
        """Whether it returns one value, of that type."""
        return len(self.results) == 1 and name_of(self.results[0]) == t


@dataclass(frozen=True)
class TileForm:
    """A tile of so many axes; of none: a single element, as a sum leaves it."""

    dtype: Value
    ndim: int


Kind: TypeAlias = "Type | TileForm"
"""What a variable may be."""


STRUCT: Value = types.struct("struct", {})
"""Stands for the struct of any program: rules do not know which fields it has."""


def name_of(t: Kind) -> str:
    """A type's name: ``float32``, ``array2d[vec3f]``, ``tile2d[float32]``; that of any struct is ``struct``."""
    if isinstance(t, TileForm):
        return f"tile{t.ndim}d[{types.name(t.dtype)}]"
    if isinstance(t, Array):
        return f"array{t.ndim}d[{name_of(t.dtype)}]"
    return STRUCT.__name__ if types.is_struct(t) else types.name(t)


@cache
def type_of(text: str) -> Kind:
    """The type of that name."""
    if text.startswith("tile"):
        return TileForm(types.by_name(text[7:-1]), int(text[4]))
    if text.startswith("array"):
        return Array(_value_of(text[8:-1]), int(text[5]))
    return _value_of(text)


def _value_of(text: str) -> Value:
    return STRUCT if text == STRUCT.__name__ else types.by_name(text)
