"""The benchmark: what a program costs at every stage, beside the time Warp itself takes for it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import warp as wp

from warpsmith import ir
from warpsmith.bench.fuzz import bench as fuzz_bench
from warpsmith.corpus.generate import generate
from warpsmith.corpus.make import Clock, make_records
from warpsmith.corpus.row import shard_schema, write_options
from warpsmith.corpus.unit import BATCH, Configuration, Request
from warpsmith.synthesizer.family import Family

_NAIVE_KERNELS = 20
"""Kernels that go the naive way: it is slow, and its time per kernel hardly varies."""


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
        ``naive_kernels`` kernels that all compilers accept; ``speedup`` is that of ``workers`` worker processes, while
        all of them have work, over this one process, and ``speedup_to_the_end`` counts the time too in which the last
        unit keeps one worker busy and the others have none left, which weighs less the more kernels there are. ``fuzz``
        is what judging programs costs, see :func:`bench.fuzz.bench`; ``None`` for families with oracles of their own.
    """
    with tempfile.TemporaryDirectory(prefix="warpsmith-bench-") as folder:
        path, seeds = Path(folder), range(kernels)
        _measure(family, configuration, range(kernels, kernels + BATCH), path)
        start = time.perf_counter()
        clock = _measure(family, configuration, seeds, path)
        one = kernels / (time.perf_counter() - start)
        lean = _measure(family, replace(configuration, levels=("cpp", "cuda")), seeds, path)
        few = _accepted(family, replace(configuration, check="compile"), seeds)
        alike = _measure(family, configuration, few, path)
        naive = _naive(family, configuration, few, path)
        many, to_the_end = _rates(family, configuration, kernels, workers, path) if workers > 1 else (one, one)
    fuzz = fuzz_bench(family, programs=kernels) if family.judge is None else None
    warp, own = _shares(clock)
    lean_warp, lean_own = _shares(lean)
    return {
        "levels": list(configuration.levels),
        "kernels": kernels,
        "workers": workers,
        "cpu_seconds": {"warp": warp, "own": own, "stages": dict(sorted(clock.seconds.items()))},
        "own_share": own / (own + warp),
        "codegen_ratio": lean_own / lean_warp,
        "naive_ratio": sum(naive.seconds.values()) / sum(alike.seconds.values()),
        "naive_kernels": len(few),
        "naive_cpu_seconds": dict(naive.seconds),
        "programs_per_second": {"1": one, str(workers): many},
        "speedup": many / one if workers > 1 else None,
        "speedup_to_the_end": to_the_end / one if workers > 1 else None,
        "fuzz": fuzz,
    }


def _shares(clock: Clock) -> tuple[float, float]:
    warp = sum(seconds for stage, seconds in clock.seconds.items() if stage.startswith("warp "))
    return warp, sum(clock.seconds.values()) - warp


def _measure(family: Family, configuration: Configuration, seeds: Sequence[int], folder: Path) -> Clock:
    """What a worker does with a unit, in this process."""
    clock, schema = Clock(), shard_schema(configuration.levels)
    with pq.ParquetWriter(folder / "bench.parquet", schema, **write_options(schema)) as writer:
        for start in range(0, len(seeds), BATCH):
            records = make_records(family, configuration, seeds[start : start + BATCH], clock)
            with clock.stage("parquet"):
                writer.write_batch(pa.RecordBatch.from_pylist(records, schema))
    return clock


def _accepted(family: Family, configuration: Configuration, seeds: Sequence[int]) -> list[int]:
    """The first few programs that all compilers accept: the naive way raises on the first that one of them refuses."""
    accepted: list[int] = []
    for start in range(0, len(seeds), BATCH):
        records = make_records(family, configuration, seeds[start : start + BATCH])
        accepted += [record["seed"] for record in records if record["refused"] is None]
        if len(accepted) >= _NAIVE_KERNELS:
            break
    return accepted[:_NAIVE_KERNELS]


def _naive(family: Family, configuration: Configuration, seeds: Sequence[int], folder: Path) -> Clock:
    """The way the documentation suggests: every kernel in a module of its own, compiled ahead of time.

    There is no public way to the C++ that does not compile it too.
    """
    clock = Clock()
    for seed in seeds:
        with clock.stage("program"):
            program = family.synthesize(seed)
            loaded = ir.load(program.source)
        module, target = loaded.kernels[program.entry].module, folder / f"naive-{seed}"
        with _silence():
            with clock.stage("cpp"):
                wp.compile_aot_module(module, device="cpu", module_dir=target)
            with clock.stage("cuda and ptx"):
                wp.compile_aot_module(module, arch=configuration.arch, use_ptx=True, module_dir=target)
        loaded.unload()
    return clock


@contextmanager
def _silence() -> Iterator[None]:
    """Compilers write their warnings to the process's own streams, past Python."""
    kept = [os.dup(stream) for stream in (1, 2)]
    with open(os.devnull, "w") as nowhere:
        try:
            for stream in (1, 2):
                os.dup2(nowhere.fileno(), stream)
            with redirect_stdout(nowhere), redirect_stderr(nowhere):
                yield
        finally:
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)


def _rates(family: Family, configuration: Configuration, kernels: int, jobs: int, folder: Path) -> tuple[float, float]:
    """Programs per second of wall-clock time, counted once every worker has delivered: start-up is left out.

    Returns:
        The rate while all workers have work, and the rate to the end of the last unit.
    """
    reports: list[tuple[float, int]] = []

    def progress(seeds: int) -> None:
        if seeds:
            reports.append((time.perf_counter(), seeds))

    request = Request(configuration, 0, kernels, kernels)
    generate(request, family, folder / f"jobs-{jobs}", jobs=jobs, progress=progress)
    programs, end = sum(seeds for _, seeds in reports[jobs:]), reports[-1][0]
    span = end - reports[jobs - 1][0]
    idle = sum(end - when for when, _ in reports[-jobs:])
    return programs / (span - idle / jobs), programs / span
