"""A reduction by an oracle: smaller and smaller cases about which it still says the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from warpsmith.fuzz.bucket import bucket
from warpsmith.fuzz.known import explanation
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Evidence, Harness
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import Outcome

RUNNING = (
    Stage.VALUE,
    Stage.GRADIENT,
    Stage.REPLAY,
    Stage.LAUNCH,
    Stage.BACKWARD,
    Stage.CRASH,
    Stage.TIMEOUT,
)
"""Stages that a program without a meaning may end at without anybody's fault."""


class Search:
    """Keeps a reduction within its bucket, and remembers programs nearby that work.

    Args:
        harness: has the oracle and the reducer.
        session: where candidates are judged.
        judgement: what is to be kept: the oracle, the stage, and the bucket as far as words make it.
    """

    def __init__(self, harness: Harness, session: Session, judgement: Judgement) -> None:
        self.session, self.judgement, self.symptom = session, judgement, judgement.symptom
        self.words = bucket(judgement, "")
        self.oracle, self.reduce = harness.oracles[judgement.oracle], harness.reduce
        self.judge: Callable[[Sequence[Case], Any], Sequence[Judgement | None]] = self.oracle.judge
        self.agreeing: list[str] = []
        self.unknown = True

    def run(self, case: Case, seconds: float, clock: Callable[[], float] = time.monotonic) -> Case:
        """The smallest case found, with one input set if it has any.

        No candidate is tried later than ``seconds`` after the start, by ``clock``.
        """
        singles = [replace(case, sets=(data,)) for data in case.sets] or [case]
        hits = self._hits(singles)
        if not hits:
            self.unknown = False  # a known defect explains it from the beginning
            hits = self._hits(singles)
        return self.reduce(hits[0], self.interesting, seconds=seconds, clock=clock) if hits else case

    def _hits(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case, hit in zip(cases, self.interesting(cases), strict=True) if hit]

    def interesting(self, cases: Sequence[Case]) -> list[bool]:
        """Which cases have a meaning, and the oracle says the same about them.

        While what it is about is unknown, no known defect explains them: a reduction that slid into one would hide the
        one that it began with.
        """
        fit = [case for case in cases if self._is_defined(case)]
        judgements = dict(zip(fit, self.judge(fit, self.session), strict=True)) if fit else {}
        self.agreeing += [
            case.program.source
            for case, judgement in judgements.items()
            if judgement is not None and judgement.verdict is Verdict.AGREE
        ]
        found = [self._same(j := judgements.get(case)) and not self._explained(j, case) for case in cases]
        self.session.forget()
        return found

    def _is_defined(self, case: Case) -> bool:
        """Whether it may run at all: compiling costs more than the reference, and a crash costs a whole process."""
        if self.symptom[1] not in RUNNING:
            return True
        return all(isinstance(outcome, Outcome) for outcome in self.session.reference([case])[0])

    def _explained(self, judgement: Judgement | None, case: Case) -> bool:
        return self.unknown and judgement is not None and bool(explanation(judgement, case, self.session, self.judge))

    def _same(self, judgement: Judgement | None) -> bool:
        return (
            judgement is not None
            and judgement.verdict is Verdict.DISAGREE
            and judgement.symptom == self.symptom
            and bucket(judgement, "") == self.words
        )

    def evidence(self, case: Case) -> Evidence:
        """What is to be reported of the smallest case."""
        judgement = self.judge([case], self.session)[0]
        if judgement is None or not self._same(judgement):
            judgement = self.judgement  # it is not seen every time, as a crash may be
        outcome = next(iter(self.session.reference([case])[0]), None)
        evidence = Evidence(
            case,
            judgement,
            outcome if isinstance(outcome, Outcome) else None,
            neighbour=_nearest(case.program.source, self.agreeing),
        )
        return self.oracle.shown(evidence)


def _nearest(source: str, others: Sequence[str]) -> str:
    """The one of ``others`` that shares most lines with ``source`` and is not the same: that works on other data."""
    lines = source.splitlines()

    def distance(other: str) -> int:
        theirs = other.splitlines()
        return len(set(lines) ^ set(theirs)) + abs(len(lines) - len(theirs))

    return min((other for other in others if other != source), key=distance, default="")
