"""A program's results against those of the reference: what the oracles of values and of gradients share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from warpsmith.fuzz.oracles.compare import Difference
from warpsmith.fuzz.reference import Outcomes
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import Outcome

Compared: TypeAlias = Callable[[Case, Outcome, Result, int], Difference]
"""How the reference's outcome and Warp's result differ on an input set."""


def against_reference(
    oracle: str, cases: Sequence[Case], session: Session, compared: Compared, sets: range
) -> list[Judgement | None]:
    """One judgement per case; whoever seems to disagree is looked at more closely first.

    Args:
        oracle: its name.
        cases: what is judged.
        session: runs them.
        compared: what the oracle compares.
        sets: the input sets on which it does.
    """
    judgements: list[Judgement | None] = []
    for case, outcomes, result in zip(cases, session.reference(cases), session.run(cases), strict=True):
        judgement = _judgement(oracle, case, outcomes, result, compared, sets)
        if judgement is not None and judgement.verdict is Verdict.DISAGREE:
            judgement = _judgement(oracle, case, session.reference.closer(case), result, compared, sets)
        judgements.append(judgement)
    return judgements


def _judgement(
    oracle: str, case: Case, outcomes: Outcomes, result: Result, compared: Compared, sets: range
) -> Judgement | None:
    if result.failure is not None:  # the accepted oracle's business
        return Judgement(oracle, Verdict.INCONCLUSIVE, message=f"not executed: {result.failure.stage}")
    components = unclear = 0
    reasons: list[str] = []
    for index in sets:
        outcome = outcomes[index]
        if not isinstance(outcome, Outcome):
            reasons.append(f"undefined: {outcome}")
            continue
        found = compared(case, outcome, result, index)
        components, unclear = components + found.components, unclear + found.unclear
        if found.where:
            where = f"set {index}, {found.where}"
            return Judgement(
                oracle, Verdict.DISAGREE, Stage.VALUE, "", where, found.expected, found.actual, components, unclear
            )
        reasons += outcome.reasons if found.components else ()
    if not components and not reasons:
        return None  # a program of integers has no gradients
    if components == unclear:
        reason = reasons[0] if reasons else "no bound is known"
        return Judgement(oracle, Verdict.INCONCLUSIVE, message=reason, components=components, unclear=unclear)
    return Judgement(oracle, Verdict.AGREE, components=components, unclear=unclear)
