"""The benchmark: what a program costs at every stage, beside the time that Warp itself takes for it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from warpsmith.bench.generation import accepted, naive, produce
from warpsmith.bench.judging import judging
from warpsmith.bench.scaling import parallel
from warpsmith.corpus.make import Clock
from warpsmith.corpus.unit import BATCH, Configuration
from warpsmith.synthesizer.family import Family


def bench(family: Family, configuration: Configuration, *, kernels: int, workers: int) -> dict[str, Any]:
    """Measure one run on this machine, with warm caches.

    CPU time, so that other processes disturb little; only ``speedup`` compares wall-clock time.

    Args:
        family: the family of programs.
        configuration: levels and architecture.
        kernels: how many programs.
        workers: how many worker processes to compare with one.

    Returns:
        For JSON. ``cpu_seconds`` has ``warp`` (its code generator, which parses the kernel too, and the native
        compilers), ``own`` (everything else) and ``stages``. ``own_share`` is ours of the whole; ``codegen_ratio`` is
        our time over Warp's at cpp and cuda without native compilation; ``naive_ratio`` is the CPU time of the naive
        way (a module a kernel, ``wp.compile_aot_module``, default options) over ours and Warp's together, on the first
        ``naive_kernels`` kernels that all compilers accept. ``speedup`` is that of ``workers`` worker processes, while
        all of them have work, over this one process. ``speedup_to_the_end`` counts the time too in which the last unit
        keeps one worker busy and the others have none left; the more kernels, the less this weighs. Both are ``None``
        where there is one worker, or too few kernels to measure a rate. ``fuzz`` is what judging programs costs, see
        :func:`bench.judging.judging`; ``None`` for families with oracles of their own.
    """
    with tempfile.TemporaryDirectory(prefix="warpsmith-bench-") as folder:
        measured = _measured(family, configuration, kernels, workers, Path(folder))
    judged = judging(family, programs=kernels) if family.harness is None else None
    return {"levels": list(configuration.levels), "kernels": kernels, "workers": workers, **measured, "fuzz": judged}


def _measured(family: Family, configuration: Configuration, kernels: int, workers: int, path: Path) -> dict[str, Any]:
    """What generating costs: the figures that :func:`bench` describes, without those of judging."""
    seeds = range(kernels)
    produce(family, configuration, range(kernels, kernels + BATCH), path)
    start = time.perf_counter()
    clock = produce(family, configuration, seeds, path)
    one = kernels / (time.perf_counter() - start)
    lean = produce(family, replace(configuration, levels=("cpp", "cuda")), seeds, path)
    few = accepted(family, replace(configuration, check="compile"), seeds)
    alike = produce(family, configuration, few, path)
    other = naive(family, configuration, few, path)
    many = parallel(family, configuration, kernels, workers, path) if workers > 1 else None
    warp, own = _shares(clock)
    lean_warp, lean_own = _shares(lean)
    return {
        "cpu_seconds": {"warp": warp, "own": own, "stages": dict(sorted(clock.seconds.items()))},
        "own_share": own / (own + warp),
        "codegen_ratio": lean_own / lean_warp,
        "naive_ratio": sum(other.seconds.values()) / sum(alike.seconds.values()),
        "naive_kernels": len(few),
        "naive_cpu_seconds": dict(other.seconds),
        "programs_per_second": {"1": one} | ({str(workers): many.steady} if many else {}),
        "speedup": many.steady / one if many else None,
        "speedup_to_the_end": many.to_the_end / one if many else None,
    }


def _shares(clock: Clock) -> tuple[float, float]:
    warp = sum(seconds for stage, seconds in clock.seconds.items() if stage.startswith("warp "))
    return warp, sum(clock.seconds.values()) - warp
