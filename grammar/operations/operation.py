"""One record per operation: all that is known of a builtin, an operator or a construct of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property, wraps
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.bounds import Misses, SpreadMaker
from warpsmith.grammar.operations.derivative import Maker, Rule, untyped
from warpsmith.grammar.operations.ranges import Ends
from warpsmith.grammar.operations.rounding import EXACT, FORMULA, Bounded, Rounding, RoundingMaker
from warpsmith.grammar.operations.values import Meaning, round_bfloat16
from warpsmith.grammar.types import Type, Value


@dataclass(frozen=True)
class Interval:
    """What an operand's value (each component of it) must satisfy: ``low <= value <= high``.

    Attributes:
        low: least admissible value, or ``None``.
        high: greatest admissible value, or ``None``.
        negatives: for denominators: values ``<= -2`` are admissible too. Minus one is not: ``INT_MIN / -1`` overflows.
    """

    low: float | None = None
    high: float | None = None
    negatives: bool = False


Contract: TypeAlias = Interval | Callable[[Value], Interval | None]
"""Where an operand must lie, if that depends on its type."""

Guard: TypeAlias = Callable[..., None]
"""Takes the operands' NumPy values; raises :class:`~warpsmith.errors.UndefinedError`."""

GuardMaker: TypeAlias = Callable[[tuple[Value, ...]], Guard | None]

Excess: TypeAlias = Callable[[Sequence[Bounded], Sequence[Bounded]], tuple[str, Sequence[Any]]]
"""Operands and results to errors, one a result, that the results' errors are at least; and why they are infinite."""


Observation: TypeAlias = Callable[..., Any]
"""What is found in an object: its data, how far the other operands may be off, and their values, to pairs of a value
and its error. One pair for each result, and for each field of a struct; of a query that is iterated over, the numbers
that it yields in any case, and those that it may yield. Operands are finite."""


class Formula(Enum):
    """Operations of two numbers whose running error has a textbook formula."""

    SUM = "x + y or x - y"
    PRODUCT = "x * y"
    QUOTIENT = "x / y"


class Slope(Enum):
    """What the derivative by an operand depends on."""

    CONSTANT = "on no operand: a linear operation, or one that is constant between its jumps"
    PRODUCT = "on the other operands alone: linear in each"
    QUOTIENT = "on the denominator, and for the denominator on both"
    INTERPOLATION = "on the other operands, some of which may be taken from 1"
    CURVED = "on any operand"


_SPARSE = frozenset((Slope.CONSTANT, Slope.PRODUCT, Slope.QUOTIENT))


class State(Enum):
    """What an operation does to the random state that is its first operand."""

    ADVANCED = "changed in place: the meaning returns the value and the new state"
    READ = "left as it is"


@dataclass(frozen=True, eq=False)
class Operation:
    """What is known of one operation. A builtin needs a name and a meaning; everything else has a careful default.

    Attributes:
        name: the builtin's key in Warp's registry, or the name of a construct of ours.
        meaning: operands' values to the value, or a tuple of several, in NumPy; polymorphic in dtypes and shapes.
        of_quaternions: the meaning where the first operand is a quaternion, if that is another one.
        of_bfloat16: the meaning for bfloat16, where rounding the result alone would not do.
        requires: by parameter name: what an operand must satisfy for a program to be defined.
        undefined: what to check of operands of those types before: raises where there is no defined outcome.
        unsettled: takes the operands and returns why the documentation does not settle the result, or ``""``.
        rounding: how it rounds; or that for operands of certain types.
        formula: the textbook formula of its running error.
        spread: bounds its error for operands of those types, if it is a polynomial or made of one.
        rearranges: components are put in other places, or change their signs: errors go where they go.
        excess: errors in addition to what probing shows.
        misses: whether probes may miss a period, a pole or a direction.
        sawtooth: rises like its operand between jumps: beside a jump it is farther off than at the ends.
        signless: documented: the sign of a zero that it yields is implementation-defined.
        derivative: the exact rule for operands of those types; without one, refined differences are taken.
        without: the operands by which it is documented to have no derivative.
        slope: what its derivative depends on.
        steep: its slope may be infinite, or too large for any type.
        sparse: its derivative leaves an operand, or components of one, alone, though it is no polynomial or quotient.
        cancels: it forgets a part of its operand, such as its length: of what flows into that, terms cancel.
        units: roundings of what cancels: more for a sequence of many steps.
        condition: operands' and results' values to how much the rounding of what cancels is magnified.
        symmetric: its operand is a symmetric matrix.
        state: what it does to its first operand, if that is a random state.
        sets: it changes its first operand and yields nothing: the meaning returns what that becomes.
        searches: the number of the operand that is a sorted array.
        combines: of an atomic: the operation by which an element and the operand are combined, or ``"exchange"``.
        values: of an atomic: how many operands there are behind the indices.
        rereads: of an atomic: its adjoint reads the element again.
        operators: Python's binary operators that stand for it; the first one is written.
        prefix: Python's unary operator that does.
        makes: the kind of composite type that it constructs.
        constant: takes types and sizes alone, and is folded.
        changes: of tiles: the numbers of the operands that it changes in place, where it yields nothing.
        apart: of tiles: what it changes must be none of its other operands.
        reorders: of tiles: what it adds up may be added in any order.
        orders: of tiles: it depends on which of the elements is the greater one.
        observes: the kind of object that stands behind its first operand, a handle: ``"mesh"``.
        observation: what it finds there, in place of a meaning.
        ends: where its value lies, given where its operands do; ``None`` where nothing is said.
    """

    name: str
    meaning: Meaning | None = None
    of_quaternions: Meaning | None = None
    of_bfloat16: Meaning | None = None
    requires: Mapping[str, Contract] = field(default_factory=dict)
    undefined: GuardMaker | None = None
    unsettled: Callable[[Sequence[Bounded]], str] | None = None
    rounding: Rounding | RoundingMaker = FORMULA
    formula: Formula | None = None
    spread: SpreadMaker | None = None
    rearranges: bool = False
    excess: Excess | None = None
    misses: Misses | None = None
    sawtooth: bool = False
    signless: bool = False
    derivative: Maker | None = None
    without: tuple[int, ...] = ()
    slope: Slope = Slope.CURVED
    steep: bool = False
    sparse: bool = False
    cancels: bool = False
    units: float = 8.0
    condition: Callable[[Sequence[Any], Sequence[Any]], float] | None = None
    symmetric: bool = False
    state: State | None = None
    sets: bool = False
    searches: int | None = None
    combines: str = ""
    values: int = 1
    rereads: bool = False
    operators: tuple[str, ...] = ()
    prefix: str = ""
    makes: str = ""
    constant: bool = False
    changes: tuple[int, ...] = ()
    apart: bool = False
    reorders: bool = False
    orders: bool = False
    observes: str = ""
    observation: Observation | None = None
    ends: Ends | None = None

    @cached_property
    def linear(self) -> bool:
        """Whether the derivative is the same everywhere, or 0 wherever there is one."""
        return self.slope is Slope.CONSTANT

    @property
    def exchanges(self) -> bool:
        """Whether it is an atomic that puts a value in the place of another."""
        return self.combines == "exchange"

    @property
    def adds(self) -> bool:
        """Whether it is a sum or a difference."""
        return self.formula is Formula.SUM

    @cached_property
    def sparse_slope(self) -> bool:
        """Whether its derivative leaves an operand, or components of one, alone."""
        return self.sparse or self.slope in _SPARSE

    @cached_property
    def advances(self) -> bool:
        """Whether it changes its first operand, a random state."""
        return self.state is State.ADVANCED

    def rounds(self, operands: tuple[Value, ...]) -> Rounding:
        """How it rounds operands of those types."""
        return self.rounding if isinstance(self.rounding, Rounding) else self.rounding(operands)

    def guard(self, operands: tuple[Value, ...]) -> Guard | None:
        """What to check before it is evaluated on operands of those types, if anything."""
        return self.undefined(operands) if self.undefined is not None else None

    def requirement(self, parameter: str, operand: Type) -> Interval | None:
        """What an operand of that type must satisfy, or ``None``.

        Args:
            parameter: its name in Warp's registry.
            operand: its type.
        """
        found = self.requires.get(parameter)
        if found is None or not isinstance(operand, type):
            return None
        if not isinstance(found, Interval):
            return found(operand)
        if found.negatives and types.scalar(operand) in types.UNSIGNED:
            return Interval(found.low, found.high)
        return found

    def bare(self, operands: tuple[Value, ...]) -> Meaning | None:
        """The meaning for operands of those types, for callers that silence NumPy's warnings; ``None``: not written.

        ``operands`` are those of the value operands alone; arguments that are Warp types are left out.
        """
        return _bare(self, operands)

    def evaluate(self, operands: tuple[Value, ...]) -> Meaning | None:
        """As :meth:`bare`, without NumPy's warnings about overflow, division and NaN."""
        found = _bare(self, operands)
        return None if found is None else _silent(found)


@cache
def _bare(operation: Operation, operands: tuple[Value, ...]) -> Meaning | None:
    if operation.of_quaternions is not None and operands and types.kind(operands[0]) == "quat":
        return operation.of_quaternions
    if operation.meaning is None or not any(types.name(t) == "bfloat16" for t in operands):
        return operation.meaning
    return _rounded(operation.of_bfloat16 or operation.meaning)


@cache
def _silent(f: Meaning) -> Meaning:
    @wraps(f)
    def evaluate(*operands: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*operands, **options)

    return evaluate


@cache
def _rounded(f: Meaning) -> Meaning:
    """``f`` on bfloat16 operands: a float32 result is rounded; any other is no bfloat16."""

    @wraps(f)
    def evaluate(*operands: Any, **options: Any) -> Any:
        value = f(*operands, **options)
        return round_bfloat16(value) if isinstance(value, np.float32) else value

    return evaluate


def rearranging(name: str, meaning: Meaning, rule: Rule, **more: Any) -> Operation:
    """An operation that puts components in other places, or changes their signs."""
    made: dict[str, Any] = {"rounding": EXACT, "rearranges": True, "derivative": untyped(rule), "slope": Slope.CONSTANT}
    return Operation(name, meaning, **made, **more)


def always(guard: Guard) -> GuardMaker:
    """A guard that is the same for all types."""
    return lambda operands: guard


def settled_if_finite(boxes: Sequence[Bounded]) -> str:
    """Documented as "nonsingular", "a rotation matrix", "a unit axis", "vertices": NaN is nothing of the kind."""
    unbounded = any(b.value.dtype.kind == "f" and not np.isfinite(b.value).all() for b in boxes)
    return "a matrix, a rotation or a point that is not finite" if unbounded else ""
