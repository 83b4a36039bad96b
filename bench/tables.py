"""Benchmarks for people: the same numbers as in the JSON, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from warpsmith.corpus.report import table_of


def tables(bench: dict[str, Any]) -> Iterator[Table]:
    """The tables of ``warpsmith bench``.

    Args:
        bench: what :func:`bench.bench.bench` returned.
    """
    title = f"CPU time, {bench['kernels']} kernels at {', '.join(bench['levels'])}"
    stages = table_of(title, "stage", "ms a kernel", "share")
    seconds = bench["cpu_seconds"]
    total = seconds["warp"] + seconds["own"]
    for stage, spent in seconds["stages"].items():
        stages.add_row(stage, f"{1000 * spent / bench['kernels']:.2f}", f"{100 * spent / total:.1f} %")
    yield stages
    ratios = table_of("Ratios", "", "")
    ratios.add_row("ours, of all CPU time", f"{100 * bench['own_share']:.1f} %")
    ratios.add_row("ours over Warp's code generation (cpp and cuda alone)", f"{bench['codegen_ratio']:.2f}")
    ratios.add_row(f"the naive way over this one ({bench['naive_kernels']} kernels)", f"{bench['naive_ratio']:.2f}")
    if bench["speedup"] is not None:
        ratios.add_row(f"{bench['workers']} workers over one, while all have work", f"{bench['speedup']:.2f}")
        ratios.add_row("the same, to the end of the last unit", f"{bench['speedup_to_the_end']:.2f}")
    yield ratios
    if bench["fuzz"] is not None:
        yield _fuzz_table(bench["fuzz"])


def _fuzz_table(fuzz: dict[str, Any]) -> Table:
    table = table_of(f"Judging {fuzz['programs']} programs by {', '.join(fuzz['oracles'])}", "", "")
    for stage, spent in fuzz["cpu_seconds"].items():
        table.add_row(f"{stage}, CPU ms a program", f"{1000 * spent / fuzz['programs']:.1f}")
    table.add_row("programs a CPU second", f"{fuzz['programs_per_cpu_second']:.2f}")
    table.add_row("generation and reference, of all CPU time", f"{100 * fuzz['own_share']:.1f} %")
    table.add_row("Warp's process, of all CPU time", f"{100 * fuzz['warp_share']:.1f} %")
    memory = fuzz["memory_mib"]
    table.add_row("MiB at most, this process", f"{memory['worker']:,}")
    table.add_row(
        "MiB of Warp's process, first / at most", f"{memory['child']['first']:,} / {memory['child']['most']:,}"
    )
    return table
