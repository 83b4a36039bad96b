"""How a family's programs are examined: with which inputs, by which oracles, and how a failure is reduced and shown.

A harness is a value, handed to the fuzzer with its family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Judgement

if TYPE_CHECKING:  # importing the reference takes longer than a command that draws programs may take to start
    from warpsmith.synthesizer.reference import Outcome

S = TypeVar("S")
T = TypeVar("T")

Interesting: TypeAlias = Callable[[Sequence[Case]], Sequence[bool]]
"""Which of several cases still fail in the same way, and are defined."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a reduced disagreement.

    Attributes:
        case: program and inputs; one input set.
        judgement: what the oracle says of it.
        outcome: the reference's, or ``None`` where there is none.
        options: options of Warp under which the outcome differs.
        neighbour: source of the nearest program that works, or ``""``; of a rewritten program, what it was.
    """

    case: Case
    judgement: Judgement
    outcome: Outcome | None = None
    options: dict[str, Any] = field(default_factory=dict)
    neighbour: str = ""


class Holder(Protocol):
    """The part of a session that every family's oracles can count on."""

    def held(self, case: Case, make: Callable[[Case], AbstractContextManager[T]]) -> T:
        """What ``make`` makes of the case: the same until the session forgets the case, and closed then."""


def _unchanged(evidence: Evidence) -> Evidence:
    return evidence


@dataclass(frozen=True)
class Oracle(Generic[S]):
    """One way to look at programs.

    Attributes:
        name: what ``--oracle`` calls it.
        judge: of cases and a session, one judgement per case, in order; ``None`` where it has nothing to say.
        every: it looks at one batch in so many, unless it looks alone; expensive oracles look at few.
        default: whether it takes part unless others are named.
        elsewhere: whether it can judge the Warp of another interpreter; the others look at this one's.
        executes: whether it looks at what a program computes, and not at its text alone.
        shown: what a report shows instead, where that is not the case itself: the mutant, the rewritten program.
    """

    name: str
    judge: Callable[[Sequence[Case], S], Sequence[Judgement | None]]
    every: int = 1
    default: bool = True
    elsewhere: bool = True
    executes: bool = True
    shown: Callable[[Evidence], Evidence] = _unchanged


class Reducer(Protocol):
    """Makes a failing case smaller."""

    def __call__(self, case: Case, interesting: Interesting, *, seconds: float, clock: Callable[[], float]) -> Case:
        """The smallest interesting case that it finds in the time that ``clock`` tells; the given one if none is."""


@dataclass(frozen=True)
class Harness:
    """How the programs of a family are examined.

    Attributes:
        oracles: by name, in the order in which they look.
        case: of a program and its seed, the case that the oracles look at.
        batch: how many programs are judged together.
        lifetime: how many programs a worker process judges before a fresh one takes its place.
        reduce: makes a failing case smaller.
        reproducer: of the evidence and a title, the text of a ``unittest`` file that fails while the defect is there.
    """

    oracles: Mapping[str, Oracle[Any]]
    case: Callable[[Program, int], Case]
    batch: int
    lifetime: int
    reduce: Reducer
    reproducer: Callable[[Evidence, str], str]
