"""Sites of a program of which nothing is known: what the reference is told to leave open.

A site is a place in the program's tree, or an operation on operands that satisfy a predicate. The reference computes as
ever, and what depends on what is unknown there is inconclusive. It is not told why.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, NamedTuple, Protocol

from warpsmith.grammar.operations import record
from warpsmith.synthesizer.reference.values.boxes import INF, Box, by_field, everywhere, note, unsure
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, Find
from warpsmith.synthesizer.reference.values.constructs import augment


class Unknown(Flag):
    """What is not known at a site."""

    VALUE = auto()
    """The value, and its derivative."""
    DERIVATIVE = auto()
    """By which factor the backward pass multiplies what flows through the value; nothing stays nothing."""
    ADJOINT = auto()
    """What the backward pass adds to the adjoint of the value, even where nothing flows."""
    REPLAY = auto()
    """The value that the backward pass finds in the variable."""
    EARLIER = auto()
    """The value that the backward pass finds where steps before took the operand that this operation changes."""
    PATH = auto()
    """Any gradient: the path of the backward pass."""
    WRITES = auto()
    """Everything that the thread writes: the path of the thread."""


UNKNOWN_PATH = "the path through the program is unknown"
"""The reason why no gradient is known where :attr:`Unknown.PATH` is not."""

UNSURE_PATHS = (UNSURE_BRANCH, UNSURE_TRIPS) = ("a branch depends on rounding", "a trip count depends on rounding")
"""The reasons why a thread may take another path than the one that was run."""


class Place(NamedTuple):
    """Where a statement or an expression is in the program's source."""

    kind: str
    line: int
    column: int
    end_line: int
    end_column: int


def place(node: ast.AST) -> Place:
    """The place of a node of a tree that was parsed from the program's source."""
    numbers = (getattr(node, name, 0) or 0 for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
    return Place(type(node).__name__, *numbers)


@dataclass(frozen=True)
class At:
    """A place in the program's tree.

    Attributes:
        place: of a statement or an expression.
        what: is unknown. ``PATH`` and ``WRITES`` are, once the place is reached.
        names: the variables of which that is unknown behind the place, if they are bound. Where there are none, it is
            unknown of the value of the expression, or of the value that is stored there if it is a target's part.
        when: takes the value as NumPy has it (of a struct, a ``dict``) and says whether it is affected; all are by
            default.
    """

    place: Place
    what: Unknown
    names: tuple[str, ...] = ()
    when: Callable[[Any], bool] | None = None

    @property
    def reason(self) -> str:
        """For the outcome of the evaluation."""
        return f"nothing is known of line {self.place.line}"


@dataclass(frozen=True)
class On:
    """An operation, wherever it is applied.

    Attributes:
        operation: as :func:`~synthesizer.reference.values.operations.resolve` names it; any if ``None``.
        what: is unknown of what it yields. ``ADJOINT`` is unknown of its operands, too.
        types: takes the types of the operands and says whether it is affected; all are by default.
        when: the same of the operands' NumPy values.
    """

    operation: str | None
    what: Unknown
    types: Callable[..., bool] | None = None
    when: Callable[..., bool] | None = None

    @property
    def reason(self) -> str:
        """For the outcome of the evaluation."""
        return f"nothing is known of {self.operation or 'an operation'}"

    def concerns(self, operation: str, types: Iterable[Any]) -> bool:
        """Whether it is about that operation on operands of those types."""
        return self.operation in (operation, None) and (self.types is None or self.types(*types))


Site = At | On
"""Of which something is unknown."""


class Derivatives(Protocol):
    """The tape, as sites see it."""

    nodes: list[Any]

    def unknown_path(self, reason: str) -> None:
        """No gradient is known."""

    def unknown(self, box: Box, what: Unknown, reason: str) -> Box:
        """The value without what is unknown of it in the backward pass."""

    def changes(self, box: Any, reason: str, before: int | None = None) -> None:
        """Steps up to that number do not find the value any more."""


def without(value: Any, what: Unknown, reason: str, tape: Derivatives | None) -> Any:
    """The value of a variable, an expression or an operation without what is unknown of it."""
    if isinstance(value, tuple):
        return tuple([without(part, what, reason, tape) for part in value])
    if not isinstance(value, Box):
        return value
    if type(value.value) is dict:
        return by_field(value, lambda field: without(field, what, reason, tape))
    left = value if tape is None else tape.unknown(value, what, reason)
    if Unknown.VALUE not in what:
        return left
    note(reason)
    if left is value:
        return unsure(value)
    left.error = everywhere(left.type, INF)  # in place: it is a step of the tape
    return left


def found_without(find: Find, sites: Iterable[On], tape: Derivatives | None = None) -> Find:
    """As ``find``, but for operations without what those sites say; one in place is made of such operations."""
    given = tuple(sites)

    def found(name: str, operands: Any, option: Any = None) -> BoxFunction:
        run = augment(operands, option, found) if name == "augment" and tape is None else find(name, operands, option)
        return run_without(name, operands, run, given, tape)

    return found if given else find


def run_without(name: str, types: Any, run: BoxFunction, sites: Iterable[On], tape: Derivatives | None) -> BoxFunction:
    """The operation of that name on operands of those types without what those of the sites say that concern it."""
    for site in sites:
        if site.concerns(name, types) and (tape is not None or Unknown.VALUE in site.what):
            run = _without(name, run, site, tape)
    return run


def _without(name: str, run: BoxFunction, site: On, tape: Derivatives | None) -> BoxFunction:
    what, reason = site.what, site.reason

    def partly_known(*operands: Any) -> Any:
        if site.when is not None and not site.when(*(getattr(o, "value", o) for o in operands)):
            return run(*operands)
        if tape is None:
            return without(run(*operands), what, reason, None)
        if Unknown.PATH in what:
            tape.unknown_path(UNKNOWN_PATH)
        if Unknown.ADJOINT in what:
            operands = tuple([without(o, Unknown.ADJOINT, reason, tape) for o in operands])
        before = len(tape.nodes)
        found = run(*operands)
        if Unknown.EARLIER in what:
            tape.changes(operands[changed_operand(name)], reason, before)
        return without(found, what, reason, tape)

    return partly_known


def changed_operand(name: str) -> int:
    """Which operand of an operation that changes a part of a value is the value."""
    return 0 if record(name).sets else 1
