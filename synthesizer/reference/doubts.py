"""Doubts: operations that the reference is told to know nothing of, to see what a difference hangs on.

A difference that is gone once nothing is known of some operation's results came by way of that operation. This is how a
known defect of Warp is told from another one in the same program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from warpsmith.synthesizer.reference.values.boxes import INF, Box, everywhere, note, unsure
from warpsmith.synthesizer.reference.values.builtins import Find, Operation
from warpsmith.synthesizer.reference.values.constructs import augment

TUPLES = "tuple assignment"
"""The operation of binding several names to a tuple of values that has names in it."""

LOCAL = "array local to a thread"
"""The operations of loading an element of one, and of storing to it."""

FIELD = "component of a field"
"""The operation of storing to a component of a vector or matrix that is a struct's field."""


BREAK = "break"
"""The operation of leaving a dynamic loop, by ``break`` or ``return``: what is differentiated then may be anything."""

CONTINUE = "continue"
"""The operation of going on to the next trip of a dynamic loop by ``continue``."""

INNER = "name bound in a dynamic loop"
"""The operation of reading a name behind a dynamic loop that nothing before it has bound."""

WHILES = "name bound in a while loop within a loop"
"""The operation of binding a name in a loop that has been bound first in a ``while`` loop beside it, or in another
unrolled copy of that one, both within a dynamic loop."""

USED = "struct changed after its use"
"""The operation of changing a struct or a random state in place that a call was given or a dynamic loop read before."""

UPDATED = "component changed after its use"
"""The operation of assigning a component of a vector or matrix for the first time, or of adding to it, after the whole
was used: Warp's documentation calls either safe."""

LAZY = "call in a conjunction"
"""The operation of calling a function in an operand of ``and`` or ``or`` that need not be evaluated."""

CONSTANT = "constant behind a loop"
"""The operation of reading a constant of the file behind a dynamic loop or an ``if`` in which both branches of another
``if`` read it."""

CHAIN = "chain of comparisons"
"""The operation of leaving the rest of one alone once a link is false: of this it is known what Warp does instead."""

WIDENED = "constant that is converted"
"""The operation of reading a constant of the file in a function that converts it to a type of 64 bits."""

SWAYED = "condition changed in a branch"
"""The operation of branching by a name that a dynamic loop in one of the branches changes, or by a field or an element
that changes in one."""

WAY = "a way through the program is in doubt"
"""The reason why nothing is known of gradients where one of these operations is in doubt."""

KEPT = "part of a tuple"
"""The operation of taking one value out of a tuple that is kept under a name."""

HANDED = "parameter changed in place in a function"
"""The operation of changing a function's own copy of what it was given in place, and of giving it that."""

ARGUMENT = "field of an argument changed"
"""The operation of changing a struct in place that a kernel or a function was given: anything may flow into what its
fields become."""

STATEMENTS = frozenset(
    (TUPLES, KEPT, HANDED, ARGUMENT, BREAK, CONTINUE, INNER, WHILES, USED, LAZY, CHAIN, CONSTANT, WIDENED, SWAYED)
)
"""Those that a program is lowered with."""


@dataclass(frozen=True)
class Doubt:
    """An operation of which nothing is to be known.

    Attributes:
        operation: as :func:`~synthesizer.reference.values.operations.resolve` names it, or one of :data:`STATEMENTS`,
            :data:`LOCAL`, :data:`FIELD` or :data:`UPDATED`.
        slope: whether its derivative alone is unknown, and its values stand.
        when: takes the operands' NumPy values and says whether they are the doubtful ones; all are by default.
        spreads: whether what it yields may be NaN, which a backward pass spreads to where nothing flows: no gradient is
            known then.
    """

    operation: str
    slope: bool = False
    when: Callable[..., bool] | None = None
    spreads: bool = False

    @property
    def reason(self) -> str:
        """For the outcome of the evaluation."""
        return f"{self.operation} is in doubt"


def doubting(
    name: str,
    run: Operation,
    doubts: Iterable[Doubt],
    limited: Callable[[Box, str], Box] | None = None,
    anywhere: Callable[[str], None] = lambda reason: None,
) -> Operation:
    """The operation of that name under those of the doubts that are about it.

    Args:
        name: of the operation.
        run: it.
        doubts: any.
        limited: makes of a box one through which no derivative flows, where gradients are asked for.
        anywhere: puts all gradients in doubt.
    """
    for doubt in doubts:
        if doubt.operation == name and not (doubt.slope and limited is None):
            run = _doubted(run, doubt, limited, anywhere)
    return run


def _doubted(
    run: Operation, doubt: Doubt, limited: Callable[[Box, str], Box] | None, anywhere: Callable[[str], None]
) -> Operation:
    def lost(box: Box) -> Box:
        if type(box.value) is dict:
            return Box(box.type, {name: lost(field) for name, field in box.value.items()})
        linked = box if limited is None else limited(box, doubt.reason)
        if doubt.slope:
            return linked
        note(doubt.reason)
        if linked is box:
            return unsure(box)
        linked.error = everywhere(linked.type, INF)  # in place: it is a step of the tape
        return linked

    def doubted(*boxes: Box) -> Any:
        found = run(*boxes)
        if doubt.when is not None and not doubt.when(*(b.value for b in boxes)):
            return found
        if doubt.spreads:
            anywhere(doubt.reason)
        return tuple(map(lost, found)) if type(found) is tuple else lost(found)

    return doubted


def finding(find: Find, doubts: Iterable[Doubt]) -> Find:
    """As ``find``, under doubts; an operation in place is made of operations under doubts."""
    known = tuple(doubts)

    def found(name: str, operands: Any, option: Any = None) -> Operation:
        run = augment(operands, option, found) if name == "augment" else find(name, operands, option)
        return doubting(name, run, known)

    return found
