"""A GPU computes what the CPU does, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith.fuzz.oracles.same_outcome import Variant, same_outcome
from warpsmith.fuzz.session import Session, job
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement


def device(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """A program with another outcome on the first CUDA device disagrees."""
    others = session.executor("cuda").run_many([job(case) for case in cases])
    return same_outcome("device", cases, others, session, [Variant("cuda", exact=False)] * len(cases))


ORACLE = Oracle("device", device, default=False)  # needs a GPU
