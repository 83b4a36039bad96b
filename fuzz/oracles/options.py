"""The same program compiled and launched in other ways: the same outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from warpsmith.fuzz.oracles.same_outcome import Variant, same_outcome
from warpsmith.fuzz.session import Session, job
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Evidence, Oracle
from warpsmith.synthesizer.judgement import Judgement

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


def options(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """Each case under one variant; cases that follow each other mostly have the same, for they are one module."""
    chosen = list(map(variant_of, cases))
    others: dict[Case, Result] = {}
    for variant in dict.fromkeys(v.name for v in chosen if not (v.recent and session.elsewhere)):
        some = [(case, v) for case, v in zip(cases, chosen, strict=True) if v.name == variant]
        results = _under(some[0][1], [case for case, _ in some], session)
        others.update(zip((case for case, _ in some), results, strict=True))
    return same_outcome("options", cases, [others.get(case) for case in cases], session, chosen)


def variant_of(case: Case) -> Variant:
    """The variant under which the case is looked at."""
    return VARIANTS[case.number // SAME % len(VARIANTS)]


def _under(variant: Variant, cases: Sequence[Case], session: Session) -> list[Result]:
    jobs = [job(case, backward=variant.backward) for case in cases]
    if not variant.fresh:
        return session.executor(**variant.options).run_many(jobs)
    with session.fresh() as executor:
        return executor.run_many(jobs)


def _with_options(evidence: Evidence) -> Evidence:
    return replace(evidence, options=variant_of(evidence.case).options)


ORACLE = Oracle("options", options, every=4, shown=_with_options)
