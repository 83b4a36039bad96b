"""The same program written differently has the same outcome; see :mod:`fuzz.rewrites`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from warpsmith.fuzz.oracles.same_outcome import Variant, compared, same_outcome
from warpsmith.fuzz.reference import Outcomes
from warpsmith.fuzz.rewrites import REWRITES
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case, Data
from warpsmith.synthesizer.harness import Evidence, Oracle
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.judgement import Judgement, Stage
from warpsmith.synthesizer.reference import Outcome


def rewrites(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """Each case under one rewrite that applies to it."""
    chosen = [rewritten(case) for case in cases]
    results = iter(session.run([other for _, other in chosen if other is not None]))
    rows = [(Variant(name, exact=False), next(results)) if other else (None, None) for name, other in chosen]
    judgements = same_outcome(
        "rewrites", cases, [result for _, result in rows], session, [variant for variant, _ in rows]
    )
    for i, (judgement, (_, other)) in enumerate(zip(judgements, chosen, strict=True)):
        if judgement is not None and judgement.stage is Stage.GRADIENT and other is not None:
            # A rewrite may bring about what the documentation excludes: a loop that is dynamic from now on.
            (base,), (outcomes, again) = session.run([cases[i]]), session.reference([cases[i], other])
            variant, result = rows[i]
            assert variant is not None
            assert result is not None
            judgements[i] = compared("rewrites", cases[i], base, result, _wider(outcomes, again), variant)
    return judgements


def rewritten(case: Case) -> tuple[str, Case | None]:
    """The case under one rewrite that applies to it, which its number decides, and the name of the rewrite."""
    generator = random.Random(case.number)
    names = list(REWRITES)
    generator.shuffle(names)
    for name in names:
        program = REWRITES[name](case.program, generator)
        if program is not None:
            return name, replace(case, program=program)
    return "", None


def _wider(outcomes: Outcomes, others: Outcomes) -> Outcomes:
    """The outcomes, with bounds of gradients that are those of the other ones where they are wider."""
    return [
        replace(a, gradient_errors=list(map(_larger, a.gradient_errors, b.gradient_errors)))
        if isinstance(a, Outcome) and isinstance(b, Outcome) and a.gradient_errors and b.gradient_errors
        else a
        for a, b in zip(outcomes, others, strict=True)
    ]


def _larger(a: Data | None, b: Data | None) -> Data | None:
    if a is None or b is None:
        return None
    made: Data = a.copy()
    for (_, part), (_, other) in zip(columns(made), columns(b), strict=True):
        part[...] = np.maximum(part, other)
    return made


def _as_rewritten(evidence: Evidence) -> Evidence:
    """The rewritten program, which does not do what it did before."""
    other = rewritten(evidence.case)[1]
    return evidence if other is None else replace(evidence, case=other, neighbour=evidence.case.program.source)


ORACLE = Oracle("rewrites", rewrites, every=4, shown=_as_rewritten)
