"""The same program under other options, and rewritten without changing its meaning: the same outcome."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from warpsmith.fuzz.case import Case, Data
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.lab import Lab, Reference, job
from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.rewrites import REWRITES
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.reference import Outcome


@dataclass(frozen=True)
class Variant:
    """Another way to compile the same program.

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


VARIANTS = (
    Variant("optimised", {"optimization_level": 2}, exact=False, recent=True),
    Variant("debug", {"mode": "debug"}, exact=False),
    Variant("loops kept", {"max_unroll": 0}, exact=False, backward=False),  # dynamic loops have documented limits
    Variant("loops unrolled", {"max_unroll": 64}, exact=False, backward=False),
    Variant("forward only", {"enable_backward": False}, backward=False),
    Variant("strided arrays", {"strided": True}, exact=False),  # so that nothing need be known of what defects affect
    Variant("blocks of threads", {"enable_cpu_blocks": True, "block_dim": 2}, recent=True),
    Variant("a module of its own", {"batch": 1}),
    Variant("cold cache", fresh=True),
)
"""Ways to compile that must not matter."""

SAME = 160
"""Programs in a row that share a variant: as many as there are from one look of the oracle to the next."""


def options(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
    """Each case under one variant; cases that follow each other mostly have the same, for they are one module."""
    chosen = list(map(variant_of, cases))
    others: dict[Case, Result] = {}
    for variant in dict.fromkeys(v.name for v in chosen if not (v.recent and lab.elsewhere)):
        some = [(case, v) for case, v in zip(cases, chosen, strict=True) if v.name == variant]
        results = _under(some[0][1], [case for case, _ in some], lab)
        others.update(zip((case for case, _ in some), results, strict=True))
    return _judge("options", cases, [others.get(case) for case in cases], lab, chosen)


def variant_of(case: Case) -> Variant:
    """The variant under which the case is looked at."""
    return VARIANTS[case.number // SAME % len(VARIANTS)]


def _under(variant: Variant, cases: Sequence[Case], lab: Lab) -> list[Result]:
    jobs = [job(case, backward=variant.backward) for case in cases]
    if not variant.fresh:
        return lab.executor(**variant.options).run_many(jobs)
    with lab.fresh() as executor:
        return executor.run_many(jobs)


def rewrites(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
    """Each case under one rewrite that applies to it."""
    chosen = [rewritten(case) for case in cases]
    results = iter(lab.run([other for _, other in chosen if other is not None]))
    rows = [(Variant(name, exact=False), next(results)) if other else (None, None) for name, other in chosen]
    judgements = _judge("rewrites", cases, [result for _, result in rows], lab, [variant for variant, _ in rows])
    for i, (judgement, (_, other)) in enumerate(zip(judgements, chosen, strict=True)):
        if judgement is not None and judgement.symptom[1] == "gradient" and other is not None:
            # A rewrite may bring about what the documentation excludes: a loop that is dynamic from now on.
            (base,), (reference, again) = lab.run([cases[i]]), lab.reference([cases[i], other])
            variant, result = rows[i]
            assert variant is not None
            assert result is not None
            judgements[i] = _compare("rewrites", cases[i], base, result, _wider(reference, again), variant)
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


def _wider(reference: Reference, other: Reference) -> Reference:
    """The reference, with bounds of gradients that are those of the other one where they are wider."""
    return [
        replace(a, gradient_errors=list(map(_larger, a.gradient_errors, b.gradient_errors)))
        if isinstance(a, Outcome) and isinstance(b, Outcome) and a.gradient_errors and b.gradient_errors
        else a
        for a, b in zip(reference, other, strict=True)
    ]


def _larger(a: Data | None, b: Data | None) -> Data | None:
    if a is None or b is None:
        return None
    made: Data = a.copy()
    for (_, part), (_, other) in zip(columns(made), columns(b), strict=True):
        part[...] = np.maximum(part, other)
    return made


def device(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
    """CPU against CUDA, forward and backward."""
    others = lab.executor("cuda").run_many([job(case) for case in cases])
    return _judge("device", cases, others, lab, [Variant("cuda", exact=False)] * len(cases))


def _judge(
    oracle: str,
    cases: Sequence[Case],
    others: Sequence[Result | None],
    lab: Lab,
    variants: Sequence[Variant | None],
) -> list[Judgement | None]:
    judgements: list[Judgement | None] = []
    rows = zip(cases, lab.run(cases), others, lab.reference(cases), variants, strict=True)
    for case, base, other, reference, variant in rows:
        if other is None or variant is None or base.failure is not None:
            judgements.append(None)
        else:
            if not lab.knows_all:  # of what is not set, not even the same operations make the same
                variant = replace(variant, exact=False)
            judgement = _compare(oracle, case, base, other, reference, variant)
            if judgement.verdict is Verdict.DISAGREE and other.failure is None and not variant.exact:
                judgement = _compare(oracle, case, base, other, lab.closer(case), variant)
            judgements.append(judgement)
    return judgements


def _compare(oracle: str, case: Case, base: Result, other: Result, reference: Reference, variant: Variant) -> Judgement:
    if other.failure is not None:
        return Judgement(oracle, Verdict.DISAGREE, other.failure.stage, other.failure.message, variant.name)
    components = unclear = 0
    for index, outcome in enumerate(reference):
        if not isinstance(outcome, Outcome):
            continue
        pairs: list[tuple[Sequence[Data | None], Sequence[Data | None], Sequence[Data | None] | None, str]] = [
            (base.outputs[index], other.outputs[index], outcome.errors, "value")
        ]
        if variant.backward and base.gradients is not None and other.gradients is not None and outcome.gradients:
            pairs.append((base.gradients[index], other.gradients[index], outcome.gradient_errors, "gradient"))
        for expected, actual, errors, stage in pairs:
            bounds = _bounds(expected, errors, variant.exact and stage == "value")
            found = compare(case, expected, actual, bounds)
            components, unclear = components + found.components, unclear + found.unclear
            if found.where:
                where = f"{variant.name}: set {index}, {found.where}"
                return Judgement(
                    oracle, Verdict.DISAGREE, stage, variant.name, where, found.expected, found.actual, components
                )
    if components == unclear:
        return Judgement(oracle, Verdict.INCONCLUSIVE, message="undefined or hangs on rounding", where=variant.name)
    return Judgement(oracle, Verdict.AGREE, where=variant.name, components=components, unclear=unclear)


def _bounds(expected: Sequence[Data | None], errors: Sequence[Data | None] | None, exact: bool) -> list[Data | None]:
    """Twice the reference's bounds, since both sides may be off; infinite where it has none."""
    if exact and errors is not None:
        # What hangs on rounding does so in the same way under the same operations.
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
