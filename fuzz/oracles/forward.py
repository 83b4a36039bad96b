"""What every array holds after the launch is what the reference says, within the error that it carried along."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith.fuzz.oracles.against_reference import against_reference
from warpsmith.fuzz.oracles.compare import Difference, compare
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement
from warpsmith.synthesizer.reference import Outcome


def forward(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """A program with another value on any input set disagrees."""
    sets = range(len(cases[0].sets)) if cases else range(0)
    return against_reference("forward", cases, session, _difference, sets)


def _difference(case: Case, outcome: Outcome, result: Result, index: int) -> Difference:
    return compare(case, outcome.values, result.outputs[index], outcome.errors)


ORACLE = Oracle("forward", forward)
