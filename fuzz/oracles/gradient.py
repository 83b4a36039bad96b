"""What ``wp.Tape`` leaves in the gradients is the derivative that the reference computes."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith.fuzz.oracles.against_reference import against_reference
from warpsmith.fuzz.oracles.compare import Difference, compare
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import Outcome
from warpsmith.synthesizer.reference.run.tree import parsed
from warpsmith.synthesizer.reference.run.writes import stores_in_functions


def gradient(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """A program with another gradient disagrees, or with other results after the backward pass.

    ``None`` where a program has no gradients.
    """
    sets = range(cases[0].graded) if cases else range(0)
    judgements = against_reference("gradient", cases, session, _difference, sets)
    replays = [_replay(case, result) for case, result in zip(cases, session.run(cases), strict=True)]
    return [replay or judgement for replay, judgement in zip(replays, judgements, strict=True)]


def _difference(case: Case, outcome: Outcome, result: Result, index: int) -> Difference:
    if outcome.gradients is None or result.gradients is None:
        return Difference()
    return compare(case, outcome.gradients, result.gradients[index], outcome.gradient_errors)


def _replay(case: Case, result: Result) -> Judgement | None:
    """A difference, where the backward pass, which runs the forward pass again, left other contents.

    It runs user functions again with all that they do: documented, in "Custom Replay Function" on the page
    "Differentiability", as what such a replay function is there to prevent.
    """
    if result.replayed is None or stores_in_functions(parsed(case.program.source)):
        return None
    found = compare(case, result.outputs[0], result.replayed[0])
    if not found.where:
        return None
    return Judgement("gradient", Verdict.DISAGREE, Stage.REPLAY, "", found.where, found.expected, found.actual)


ORACLE = Oracle("gradient", gradient)
