"""The reference as a session asks it: remembered by case, with a closer look, and without what is not to be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from warpsmith.errors import UndefinedError
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.reference import Outcome, Site, evaluate

Outcomes: TypeAlias = Sequence["Outcome | UndefinedError"]
"""The reference's outcome for each input set of a case, or why there is none."""

UnknownAt: TypeAlias = Callable[[Program], "tuple[Site, ...]"]
"""The sites of a program of which nothing is to be known."""

LOOKS = 16
"""Moved backward passes of a closer look."""


class Reference:
    """What cases should give. It is called with cases; what it said of them is remembered until :meth:`forget`."""

    def __init__(self) -> None:
        self._known: dict[Case, Outcomes] = {}
        self._unknown: UnknownAt | None = None

    def __call__(self, cases: Sequence[Case]) -> list[Outcomes]:
        """One outcome per case and input set; gradients with the first."""
        for case in cases:
            if case not in self._known:
                self._known[case] = self._outcomes(case, 1)
        return [self._known[case] for case in cases]

    def closer(self, case: Case) -> Outcomes:
        """A second look at a case about which something seems to be wrong: bounds seen from many sides."""
        return self._outcomes(case, LOOKS)

    @property
    def limited(self) -> bool:
        """Whether there are sites of which it is to know nothing."""
        return self._unknown is not None

    @contextmanager
    def without(self, sites: UnknownAt) -> Iterator[None]:
        """Inside, the reference knows nothing of those sites of a program."""
        before = self._unknown, self._known
        self._unknown, self._known = sites, {}
        try:
            yield
        finally:
            self._unknown, self._known = before

    def forget(self) -> None:
        """Drop what is remembered."""
        self._known.clear()

    def _outcomes(self, case: Case, looks: int) -> Outcomes:
        unknown = () if self._unknown is None else self._unknown(case.program)
        outcomes: list[Outcome | UndefinedError] = []
        for index, data in enumerate(case.sets):
            adjoints = case.adjoints if index < case.graded else None
            try:
                outcomes.append(evaluate(case.program, data, adjoints, looks=looks, unknown=unknown))
            except UndefinedError as error:
                outcomes.append(error)
        return outcomes
