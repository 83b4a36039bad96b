"""Statistics and benchmarks for people: the same numbers as in the JSON, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def statistics_tables(stats: dict[str, Any]) -> Iterator[Table]:
    """The tables of ``warpsmith stats``.

    Args:
        stats: what :func:`corpus.stats.statistics` returned.
    """
    funnel = _table("Funnel", "stage", "programs", "of seeds")
    for stage, count in stats["funnel"].items():
        funnel.add_row(stage, f"{count:,}", _share(count, stats["funnel"]["seeds"]))
    yield funnel
    unique = _table("Unique, before deduplication and the cap", "by", "exact", "norm", "skeleton")
    for name, counts in (("all levels", stats["unique"]), *((k, v["unique"]) for k, v in stats["levels"].items())):
        unique.add_row(name, *(_share(counts[d], stats["programs"]) for d in ("exact", "norm", "skeleton")))
    yield unique
    levels = _table("Levels", "level", "rows", "with backward", "median forward", "median backward")
    for name, level in stats["levels"].items():
        sizes = (f"{level['median_bytes'][part]:,} B" for part in ("forward", "backward"))
        levels.add_row(name, f"{level['rows']:,}", f"{level['with_backward']:,}", *sizes)
    yield levels
    yield _productions_table(stats)


def _productions_table(stats: dict[str, Any]) -> Table:
    productions = stats["productions"]
    table = _table("Programs", "", "")
    table.add_row("rows", f"{stats['rows']:,}")
    table.add_row("lines, median / 90th percentile", f"{stats['lines']['median']} / {stats['lines']['p90']}")
    table.add_row("programs in the largest skeleton", f"{stats['largest_skeleton']:,}")
    table.add_row("productions per program", str(productions["per_program"]))
    table.add_row("distinct productions", f"{productions['distinct']:,}")
    table.add_row("entropy of productions", f"{productions['entropy_bits']} bits")
    for kind, coverage in productions["coverage"].items():
        table.add_row(f"{kind}: productions covered", _of(coverage))
        table.add_row(f"{kind}: names covered", _of(coverage["builtins"]))
    return table


def _of(coverage: dict[str, int]) -> str:
    return f"{coverage['covered']:,} of {coverage['known']:,}"


def bench_tables(bench: dict[str, Any]) -> Iterator[Table]:
    """The tables of ``warpsmith bench``.

    Args:
        bench: what :func:`bench.corpus.bench` returned.
    """
    title = f"CPU time, {bench['kernels']} kernels at {', '.join(bench['levels'])}"
    stages = _table(title, "stage", "ms a kernel", "share")
    seconds = bench["cpu_seconds"]
    total = seconds["warp"] + seconds["own"]
    for stage, spent in seconds["stages"].items():
        stages.add_row(stage, f"{1000 * spent / bench['kernels']:.2f}", f"{100 * spent / total:.1f} %")
    yield stages
    ratios = _table("Ratios", "", "")
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
    table = _table(f"Judging {fuzz['programs']} programs by {', '.join(fuzz['oracles'])}", "", "")
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
