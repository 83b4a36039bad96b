"""What judging a program costs: through acceptance, values and gradients, with the reference evaluation."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.session import Session
from warpsmith.fuzz.worker import Worker
from warpsmith.ir.child import memory_of_children, seconds_of_children
from warpsmith.synthesizer.family import Family

ORACLES = ("accepted", "forward", "gradient")
STAGES = ("generate", "reference", "execute")
"""Stages that stand for themselves; what the oracles take beyond them is comparing."""


def judging(family: Family, *, programs: int, first: int = 0) -> dict[str, Any]:
    """Judge programs in this process and a child, with warm caches.

    Args:
        family: the family of programs.
        programs: how many.
        first: seed of the first.

    Returns:
        For JSON. ``cpu_seconds`` is CPU time of this process and its child by stage: ``generate`` with making inputs,
        ``reference``, ``execute`` (Warp's code generation, native compilation, launches, and handing data over),
        ``compare``. ``programs_per_cpu_second`` is what one core does, ``own_share`` what generation and reference are
        of the whole, ``warp_share`` what the child is. ``memory_mib`` is what this process had in memory at most
        (whatever it did before), and the child after the first batch and at most after any.
    """
    plan = Plan(family, ORACLES, sys.executable, "", Path())
    seconds = dict.fromkeys((*STAGES, "compare"), 0.0)
    batch = plan.harness.batch
    with Session() as session:
        worker = Worker(plan, session)
        worker.judge(range(first + programs, first + programs + batch))
        before, memory = seconds_of_children(), [memory_of_children() >> 20]
        for start in range(first, first + programs, batch):
            report = worker.judge(range(start, min(start + batch, first + programs)))
            for stage, spent in report.seconds.items():
                seconds[stage if stage in STAGES else "compare"] += spent
            memory.append(memory_of_children() >> 20)
        warp = seconds_of_children() - before
    whole = sum(seconds.values())
    return {
        "programs": programs,
        "oracles": list(ORACLES),
        "cpu_seconds": seconds,
        "programs_per_cpu_second": programs / whole,
        "own_share": (seconds["generate"] + seconds["reference"]) / whole,
        "warp_share": warp / whole,
        "memory_mib": {"worker": _peak(), "child": {"first": memory[0], "most": max(memory)}},
    }


def _peak() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most >> (20 if sys.platform == "darwin" else 10)  # bytes there, KiB elsewhere
