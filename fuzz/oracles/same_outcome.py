"""Two runs of the same program in different ways must have the same outcome: what several oracles share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.reference import Outcomes
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case, Data
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import Outcome


@dataclass(frozen=True)
class Variant:
    """Another way to compile or to write the same program.

    Attributes:
        name: for the report.
        options: of Warp, and those that are the executor's own.
        exact: whether the outcome must be the same to the bit. Otherwise the compiler may round elsewhere, and the
            bounds of the reference say how far that may lead.
        backward: whether gradients are compared too.
        fresh: whether the process, and with it the kernel cache, must be new.
        recent: whether earlier releases have no such option.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    exact: bool = True
    backward: bool = True
    fresh: bool = False
    recent: bool = False


def same_outcome(
    oracle: str,
    cases: Sequence[Case],
    others: Sequence[Result | None],
    session: Session,
    variants: Sequence[Variant | None],
) -> list[Judgement | None]:
    """One judgement per case; ``None`` where there is no variant, or the case itself fails.

    Args:
        oracle: its name.
        cases: what is judged.
        others: the results of their variants.
        session: runs the cases themselves.
        variants: what was done to each.
    """
    judgements: list[Judgement | None] = []
    rows = zip(cases, session.run(cases), others, session.reference(cases), variants, strict=True)
    for case, base, other, outcomes, variant in rows:
        if other is None or variant is None or base.failure is not None:
            judgements.append(None)
            continue
        if session.reference.limited:  # where nothing is known, not even the same operations make the same
            variant = replace(variant, exact=False)
        judgement = compared(oracle, case, base, other, outcomes, variant)
        if judgement.verdict is Verdict.DISAGREE and other.failure is None and not variant.exact:
            judgement = compared(oracle, case, base, other, session.reference.closer(case), variant)
        judgements.append(judgement)
    return judgements


def compared(oracle: str, case: Case, base: Result, other: Result, outcomes: Outcomes, variant: Variant) -> Judgement:
    """What there is to say of one case: values first, then gradients, set by set."""
    if other.failure is not None:
        return Judgement(oracle, Verdict.DISAGREE, Stage(other.failure.stage), other.failure.message, variant.name)
    components = unclear = 0
    for index, outcome in enumerate(outcomes):
        if not isinstance(outcome, Outcome):
            continue
        pairs: list[tuple[Sequence[Data | None], Sequence[Data | None], Sequence[Data | None] | None, Stage]] = [
            (base.outputs[index], other.outputs[index], outcome.errors, Stage.VALUE)
        ]
        if variant.backward and base.gradients is not None and other.gradients is not None and outcome.gradients:
            pairs.append((base.gradients[index], other.gradients[index], outcome.gradient_errors, Stage.GRADIENT))
        for expected, actual, errors, stage in pairs:
            bounds = _bounds(expected, errors, variant.exact and stage is Stage.VALUE)
            found = compare(case, expected, actual, bounds)
            components, unclear = components + found.components, unclear + found.unclear
            if found.where:
                where = f"{variant.name}: set {index}, {found.where}"
                return Judgement(
                    oracle, Verdict.DISAGREE, stage, variant.name, where, found.expected, found.actual, components
                )
    if components == unclear:
        message = "undefined, or decided by rounding"
        return Judgement(oracle, Verdict.INCONCLUSIVE, message=message, where=variant.name)
    return Judgement(oracle, Verdict.AGREE, where=variant.name, components=components, unclear=unclear)


def _bounds(expected: Sequence[Data | None], errors: Sequence[Data | None] | None, exact: bool) -> list[Data | None]:
    """Twice the reference's bounds, since both sides may be off; infinite where it has none."""
    if exact and errors is not None:
        # What rounding decides it decides in the same way under the same operations.
        return [None] * len(expected)
    known = [None] * len(expected) if errors is None else errors
    return [None if e is None else _twice(e, b) for e, b in zip(expected, known, strict=True)]


def _twice(expected: Data, bound: Data | None) -> Data:
    """Twice the bound, component by component; infinity where there is none."""
    if expected.dtype.names is None:
        return np.full(expected.shape, np.inf) if bound is None else np.asarray(2 * bound)
    known = () if bound is None else bound.dtype.names or ()
    parts = {
        n: _twice(expected[n], bound[n] if bound is not None and n in known else None) for n in expected.dtype.names
    }
    extents = expected.shape
    made = np.zeros(extents, [(n, p.dtype, p.shape[len(extents) :]) for n, p in parts.items()])
    for n, p in parts.items():
        made[n] = p
    return made
