"""What rows cost in this process by stage, and what the way costs that Warp's documentation suggests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import warp as wp

from warpsmith import ir
from warpsmith.corpus.make import Clock, Maker
from warpsmith.corpus.row import shard_schema, write_options
from warpsmith.corpus.unit import BATCH, Configuration
from warpsmith.synthesizer.family import Family

NAIVE_KERNELS = 20
"""Kernels that go the naive way: it is slow, and its time per kernel hardly varies."""


def produce(family: Family, configuration: Configuration, seeds: Sequence[int], folder: Path) -> Clock:
    """What a worker does with a unit, in this process."""
    maker, schema = Maker(family, configuration), shard_schema(configuration.levels)
    with maker, pq.ParquetWriter(folder / "bench.parquet", schema, **write_options(schema)) as writer:
        for start in range(0, len(seeds), BATCH):
            records = maker.records(seeds[start : start + BATCH])
            with maker.clock.stage("parquet"):
                writer.write_batch(pa.RecordBatch.from_pylist(records, schema))
    return maker.clock


def accepted(family: Family, configuration: Configuration, seeds: Sequence[int]) -> list[int]:
    """The first few programs that all compilers accept: the naive way raises on the first that one of them refuses."""
    accepted: list[int] = []
    with Maker(family, configuration) as maker:
        for start in range(0, len(seeds), BATCH):
            records = maker.records(seeds[start : start + BATCH])
            accepted += [record["seed"] for record in records if record["refused"] is None]
            if len(accepted) >= NAIVE_KERNELS:
                break
    return accepted[:NAIVE_KERNELS]


def naive(family: Family, configuration: Configuration, seeds: Sequence[int], folder: Path) -> Clock:
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
