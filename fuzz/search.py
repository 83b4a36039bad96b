"""A reduction by an oracle: smaller and smaller cases about which it still says the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from warpsmith.fuzz.bucket import bucket
from warpsmith.fuzz.case import Case
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.known import explanation
from warpsmith.fuzz.lab import Lab
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.oracles.text import mutant_of
from warpsmith.fuzz.oracles.variants import rewritten, variant_of
from warpsmith.fuzz.reduce import Candidate, reduce
from warpsmith.fuzz.report import Evidence
from warpsmith.synthesizer.reference import Outcome

RUNNING = ("value", "gradient", "replay", "launch", "backward", "crash", "timeout")
"""Stages that a program without a meaning may end at without anybody's fault."""


class Search:
    """Keeps a reduction within its bucket, and remembers what came near.

    Args:
        lab: where candidates are judged.
        judgement: what is to be kept: the oracle, the stage, and the bucket as far as words make it.
    """

    def __init__(self, lab: Lab, judgement: Judgement) -> None:
        self.lab, self.judgement, self.symptom = lab, judgement, judgement.symptom
        self.words = bucket(judgement, "")
        self.judge: Callable[..., Sequence[Judgement | None]] = ORACLES[judgement.oracle].judge
        self.agreeing: list[str] = []
        self.unknown = True

    def run(self, case: Case, seconds: float, clock: Callable[[], float] = time.monotonic) -> Case:
        """The smallest case found; it has one input set. See :func:`fuzz.reduce.reduce` for the time."""
        singles = [replace(case, sets=(data,)) for data in case.sets]
        hits = self._hits(singles)
        if not hits:
            self.unknown = False  # a known defect explains it from the beginning
            hits = self._hits(singles)
        if not hits:
            return case
        first = hits[0]

        def cases(candidates: Sequence[Candidate]) -> list[Case]:
            return [first.pruned(candidate.program, candidate.data) for candidate in candidates]

        smallest = reduce(
            Candidate(first.program, first.sets[0]),
            lambda candidates: self.interesting(cases(candidates)),
            seconds=seconds,
            clock=clock,
        )
        return cases([smallest])[0]

    def _hits(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case, hit in zip(cases, self.interesting(cases), strict=True) if hit]

    def interesting(self, cases: Sequence[Case]) -> list[bool]:
        """Which cases have a meaning, and the oracle says the same about them.

        While what it is about is unknown, no known defect explains them: a reduction that slid into one would hide the
        one that it began with.
        """
        fit = [case for case in cases if self._is_defined(case)]
        judgements = dict(zip(fit, self.judge(fit, self.lab), strict=True)) if fit else {}
        self.agreeing += [
            case.program.source
            for case, judgement in judgements.items()
            if judgement is not None and judgement.verdict is Verdict.AGREE
        ]
        found = [self._same(j := judgements.get(case)) and not self._explained(j, case) for case in cases]
        self.lab.forget()
        return found

    def _is_defined(self, case: Case) -> bool:
        """Whether it may run at all: compiling costs more than the reference, and a crash costs a whole process."""
        if self.symptom[1] not in RUNNING:
            return True
        return all(isinstance(outcome, Outcome) for outcome in self.lab.reference([case])[0])

    def _explained(self, judgement: Judgement | None, case: Case) -> bool:
        return self.unknown and judgement is not None and bool(explanation(judgement, case, self.lab, self.judge))

    def _same(self, judgement: Judgement | None) -> bool:
        return (
            judgement is not None
            and judgement.verdict is Verdict.DISAGREE
            and judgement.symptom == self.symptom
            and bucket(judgement, "") == self.words
        )

    def evidence(self, case: Case) -> Evidence:
        """What is to be reported of the smallest case."""
        judgement = self.judge([case], self.lab)[0]
        if judgement is None or not self._same(judgement):
            judgement = self.judgement  # it comes and goes, as a crash may
        if judgement.oracle == "refused" and (mutant := mutant_of(case)) is not None:
            # What Warp should have refused is the mutant; the sound program is the nearest that works.
            return Evidence(replace(case, program=mutant.program), judgement, neighbour=case.program.source)
        outcome = self.lab.reference([case])[0][0]
        evidence = Evidence(case, judgement, outcome if isinstance(outcome, Outcome) else None)
        if judgement.oracle == "rewrites" and (other := rewritten(case)[1]) is not None:
            return replace(evidence, case=other, neighbour=case.program.source)
        if judgement.oracle == "options":
            evidence = replace(evidence, options=variant_of(case).options)
        return replace(evidence, neighbour=_nearest(case.program.source, self.agreeing))


def _nearest(source: str, others: Sequence[str]) -> str:
    """The one of ``others`` that shares most lines with ``source`` and is not the same: that works on other data."""
    lines = source.splitlines()

    def distance(other: str) -> int:
        theirs = other.splitlines()
        return len(set(lines) ^ set(theirs)) + abs(len(lines) - len(theirs))

    return min((other for other in others if other != source), key=distance, default="")
