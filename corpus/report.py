"""Statistics for people: the same numbers as in the JSON, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table


def table_of(title: str, *columns: str) -> Table:
    """A table with nothing in it; the first column is of names, the others are of figures."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table


def statistics_page(stats: dict[str, Any]) -> str:
    """The most telling of the statistics as Markdown, in twenty lines at most.

    Args:
        stats: what :func:`corpus.stats.statistics` returned.
    """
    made, funnel, unique, executed = (stats[key] for key in ("configuration", "funnel", "unique", "executed"))
    programs, rows = stats["programs"], stats["rows"]
    shares = ", ".join(f"{_share(unique[d], programs)} by `{d}`" for d in ("exact", "norm", "skeleton"))
    near, asked = (
        stats["near_duplicates"],
        "" if stats["finished"] else f", unfinished: {stats['asked']:,} are asked for",
    )
    lines = [
        f"# {rows:,} pairs of {funnel['seeds']:,} seeds{asked}",
        "",
        f"Family {made['family']} {made['family_version']}, warpsmith {made['warpsmith']}, Warp {made['warp']}, sm_"
        f"{made['arch']}, budget {made['max_tokens'] or 'none'}, followed to `{made['check']}`.",
        "",
        f"- From drawn to kept: {', '.join(f'{count:,} {stage}' for stage, count in funnel.items())}.",
        f"- Unique before deduplication and the cap: {shares}.",
        f"- Near-duplicates (Jaccard 0.85): {near['rows']:,} rows in {near['groups']:,} groups, "
        f"{_share(near['rows'], rows)}.",
        f"- Splits: {', '.join(f'{split} {count:,}' for split, count in stats['splits'].items())}.",
        f"- Tokens of a source with its forward or backward text, median and 95th percentile ({made['tokenizer']}): "
        + "; ".join(f"{level} {t['median'] or 0:,} and {t['p95'] or 0:,}" for level, t in stats["tokens"].items())
        + ".",
        f"- Lines: {stats['lines']['median']} in the median, {stats['lines']['p90']} at the 90th percentile.",
        *(
            f"- Coverage, {kind}: {_of(c)} productions, {_of(c['builtins'])} names."
            for kind, c in stats["coverage"].items()
        ),
    ]
    if executed["rows"]:
        lines += _executed_lines(executed)
    lines.append(_costs_line(stats))
    return "\n".join(lines) + "\n"


def _executed_lines(executed: dict[str, Any]) -> list[str]:
    judged = "; ".join(
        f"{oracle}: {', '.join(f'{n:,} {verdict}' for verdict, n in executed[oracle].items())}"
        for oracle in ("forward", "gradient")
    )
    explained = ", ".join(f"{name} {count}" for name, count in executed["explained_by"].items())
    return [
        f"- Executed: {executed['ran']:,} of {executed['rows']:,} ran to their end; {executed['with_evidence']:,} "
        f"have outputs that inputs change, in {executed['launches']:,} launches. Verdicts, {judged}.",
        f"- Explained by known defects of Warp: {explained or 'none'}.",
    ]


def _costs_line(stats: dict[str, Any]) -> str:
    """Time, memory and size."""
    costs = stats["costs"]
    spent, peak = costs["cpu_seconds"], costs["peak_bytes"]
    size = f"- {stats['bytes'] / 1e6:,.1f} MB"
    if not costs["runs"]:
        return f"{size}; no log says what making it took."
    total, runs = sum(spent.values()), "1 run" if costs["runs"] == 1 else f"{costs['runs']:,} runs"
    return (
        f"{size}, made in {runs}: {costs['wall_seconds'] / 3600:,.2f} hours, {total / 3600:,.2f} of CPU time "
        f"({_share(spent['warp'], total)} in Warp; {costs['seeds'] / total:.2f} seeds a CPU second); most memory: "
        f"coordinator {peak['coordinator'] / 1e6:,.0f} MB, a worker {peak['worker'] / 1e6:,.0f} MB."
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def statistics_tables(stats: dict[str, Any]) -> Iterator[Table]:
    """The tables of ``warpsmith stats``.

    Args:
        stats: what :func:`corpus.stats.statistics` returned.
    """
    funnel = table_of("Funnel", "stage", "programs", "of seeds")
    for stage, count in stats["funnel"].items():
        funnel.add_row(stage, f"{count:,}", _share(count, stats["funnel"]["seeds"]))
    yield funnel
    unique = table_of("Unique, before deduplication and the cap", "by", "exact", "norm", "skeleton")
    for name, counts in (("all levels", stats["unique"]), *((k, v["unique"]) for k, v in stats["levels"].items())):
        unique.add_row(name, *(_share(counts[d], stats["programs"]) for d in ("exact", "norm", "skeleton")))
    yield unique
    levels = table_of("Levels", "level", "rows", "with backward", "median forward", "median backward")
    for name, level in stats["levels"].items():
        sizes = (f"{level['median_bytes'][part]:,} B" for part in ("forward", "backward"))
        levels.add_row(name, f"{level['rows']:,}", f"{level['with_backward']:,}", *sizes)
    yield levels
    yield _tokens_table(stats)
    if stats["executed"]["rows"]:
        yield _executed_table(stats["executed"])
    yield _productions_table(stats)


def _tokens_table(stats: dict[str, Any]) -> Table:
    table = table_of(
        f"Tokens of a pair of a source and a text, by {stats['configuration']['tokenizer']}", "text", "median", "p95"
    )
    for level, tokens in stats["tokens"].items():
        table.add_row(
            level if level != "source" else "the source alone", *(f"{tokens[q] or 0:,}" for q in ("median", "p95"))
        )
    return table


def _executed_table(executed: dict[str, Any]) -> Table:
    table = table_of("Executed", "", "rows", "of those launched")
    figures = {"ran to their end": executed["ran"], "outputs that inputs change": executed["with_evidence"]}
    figures |= {f"{oracle}: {v}": n for oracle in ("forward", "gradient") for v, n in executed[oracle].items()}
    figures |= {f"explained by {name}": count for name, count in executed["explained_by"].items()}
    for name, count in figures.items():
        table.add_row(name, f"{count:,}", _share(count, executed["rows"]))
    return table


def likeness_tables(found: dict[str, Any]) -> Iterator[Table]:
    """The table of ``warpsmith stats --against``.

    Args:
        found: what :func:`corpus.likeness.likeness` returned.
    """
    table = table_of("Likeness to the kernels that people write", "", "")
    table.add_row("bits a token of theirs, by a 5-gram of ours", f"{found['bits_per_token']:.3f}")
    table.add_row("a classifier tells them apart", f"{100 * found['classifier']:.1f} %")
    for aspect, distance in found["distance"].items():
        table.add_row(f"distance of {aspect}", f"{distance:.3f}")
    for side in ("ours", "theirs"):
        table.add_row(f"functions, tokens: {side}", f"{found['functions'][side]:,}, {found['tokens'][side]:,}")
    yield table


def missing_tables(found: dict[str, Any]) -> Iterator[Table]:
    """The tables of ``warpsmith stats --against PATH --missing``.

    Args:
        found: what :func:`corpus.missing.as_json` returned.
    """
    counts = found["functions"]
    title = f"In {counts['theirs']:,} functions of theirs, in none of {counts['ours']:,} of ours"
    table = table_of(f"{title}: {len(found['missing']):,} patterns", "pattern", "of theirs", "for instance")
    for row in found["missing"]:
        table.add_row(escape(row["pattern"]), f"{100 * row['share']:.2f} %", escape(row["example"]))
    yield table
    if found["excepted"]:
        table = table_of(f"Left out with a reason: {len(found['excepted']):,}", "pattern", "of theirs", "because")
        for row in found["excepted"]:
            table.add_row(escape(row["pattern"]), f"{100 * row['share']:.2f} %", escape(row["reason"]))
        yield table


def _productions_table(stats: dict[str, Any]) -> Table:
    productions = stats["productions"]
    table = table_of("Programs", "", "")
    table.add_row("rows", f"{stats['rows']:,}")
    table.add_row("lines, median / 90th percentile", f"{stats['lines']['median']} / {stats['lines']['p90']}")
    table.add_row("programs in the largest skeleton", f"{stats['largest_skeleton']:,}")
    table.add_row("productions per program", str(productions["per_program"]))
    table.add_row("distinct productions", f"{productions['distinct']:,}")
    table.add_row("entropy of productions", f"{productions['entropy_bits']} bits")
    for kind, coverage in stats["coverage"].items():
        table.add_row(f"{kind}: productions covered", _of(coverage))
        table.add_row(f"{kind}: names covered", _of(coverage["builtins"]))
    return table


def _of(coverage: dict[str, int]) -> str:
    return f"{coverage['covered']:,} of {coverage['known']:,}"
