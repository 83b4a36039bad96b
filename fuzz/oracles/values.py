"""Values and gradients against the reference evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from warpsmith.fuzz.case import Case
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.lab import Lab, Reference
from warpsmith.fuzz.oracles.compare import Difference, compare
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.reference import Outcome
from warpsmith.synthesizer.reference.run.tree import parsed
from warpsmith.synthesizer.reference.run.writes import stores_in_functions


def forward(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
    """What every array holds after the launch is what the reference says, within the error that it carried along."""

    def differences(case: Case, outcome: Outcome, result: Result, index: int) -> Difference:
        return compare(case, outcome.values, result.outputs[index], outcome.errors)

    return _judge("forward", cases, lab, differences, range(len(cases[0].sets)) if cases else range(0))


def gradient(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
    """What ``wp.Tape`` leaves in the gradients is the derivative of the reference; ``None`` where there is none."""

    def differences(case: Case, outcome: Outcome, result: Result, index: int) -> Difference:
        if outcome.gradients is None or result.gradients is None:
            return Difference()
        return compare(case, outcome.gradients, result.gradients[index], outcome.gradient_errors)

    judgements = _judge("gradient", cases, lab, differences, range(1))
    replays = [_replay(case, result) for case, result in zip(cases, lab.run(cases), strict=True)]
    return [replay or judgement for replay, judgement in zip(replays, judgements, strict=True)]


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
    return Judgement("gradient", Verdict.DISAGREE, "replay", "", found.where, found.expected, found.actual)


def _judge(
    oracle: str,
    cases: Sequence[Case],
    lab: Lab,
    differences: Callable[[Case, Outcome, Result, int], Difference],
    sets: range,
) -> list[Judgement | None]:
    judgements: list[Judgement | None] = []
    for case, reference, result in zip(cases, lab.reference(cases), lab.run(cases), strict=True):
        judgement = _verdict(oracle, case, reference, result, differences, sets)
        if judgement is not None and judgement.verdict is Verdict.DISAGREE:
            judgement = _verdict(oracle, case, lab.closer(case), result, differences, sets)
        judgements.append(judgement)
    return judgements


def _verdict(
    oracle: str,
    case: Case,
    reference: Reference,
    result: Result,
    differences: Callable[[Case, Outcome, Result, int], Difference],
    sets: range,
) -> Judgement | None:
    if result.failure is not None:  # the accepted oracle's business
        return Judgement(oracle, Verdict.INCONCLUSIVE, message=f"not executed: {result.failure.stage}")
    components = unclear = 0
    reasons: list[str] = []
    for index in sets:
        outcome = reference[index]
        if not isinstance(outcome, Outcome):
            reasons.append(f"undefined: {outcome}")
            continue
        found = differences(case, outcome, result, index)
        components, unclear = components + found.components, unclear + found.unclear
        if found.where:
            where = f"set {index}, {found.where}"
            return Judgement(
                oracle, Verdict.DISAGREE, "value", "", where, found.expected, found.actual, components, unclear
            )
        reasons += outcome.reasons
    if not components and not reasons:
        return None  # a program of integers has no gradients
    if components == unclear:
        reason = reasons[0] if reasons else "no bound is known"
        return Judgement(oracle, Verdict.INCONCLUSIVE, message=reason, components=components, unclear=unclear)
    return Judgement(oracle, Verdict.AGREE, components=components, unclear=unclear)
