"""The page itself: what is on it, and the one file that it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import pyarrow.dataset as ds

from warpsmith.corpus.folder import Folder
from warpsmith.corpus.page import plots
from warpsmith.corpus.page.discovery import discover
from warpsmith.corpus.page.pairs import Pair, choose, fitting, pair_of
from warpsmith.corpus.row import PARTS, Record, text_columns, token_columns
from warpsmith.corpus.stats import statistics

LARGEST = 5_000_000
"""Most bytes in a page."""
_CANDIDATES = 500
"""Rows that are read for a page; fewer fit."""
_BUILTINS_PLOTTED = 32


def corpus_page(path: Path, known: Mapping[str, Mapping[str, str]]) -> str:
    """HTML of a finished corpus: its statistics, and a sample of its pairs.

    Args:
        path: a finished corpus.
        known: as for :func:`corpus.stats.statistics`.

    Raises:
        CorpusError: the corpus is unfinished or damaged.
    """
    configuration = Folder(path).read_finished().request.configuration
    stats = statistics(path, known)
    builtins = {name: builtin for group in known.values() for name, builtin in group.items()}
    section = _statistics(path, stats, builtins)
    room = LARGEST - len(_page("", section, [], with_nav=True).encode()) - 200_000
    pairs = fitting(_pairs(path, configuration.levels, builtins), room)
    return _page(f"warpsmith corpus: {configuration.family}, {stats['rows']:,} pairs", section, pairs, with_nav=True)


def program_page(row: Record, levels: Sequence[str]) -> str:
    """HTML of one program and its IR.

    Args:
        row: as for :func:`corpus.page.pairs.pair_of`.
        levels: what to show.
    """
    return _page(row["id"], "", [pair_of(row, levels, {})], with_nav=False)


def _page(title: str, section: str, pairs: Sequence[Pair], *, with_nav: bool) -> str:
    assets = {name: files(__package__).joinpath(f"page.{name}").read_text(encoding="utf-8") for name in ("css", "js")}
    links = (("statistics", "Statistics"), ("pairs", f"Pairs ({len(pairs)} of them)")) if with_nav else ()
    nav = "".join(f'<a href="#{name}">{text}</a>' for name, text in links)
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    data = _embedded(pairs, with_nav)
    return template.substitute(title=escape(title), nav=nav, statistics=section, data=data, **assets)


def _embedded(pairs: Sequence[Pair], with_statistics: bool) -> str:
    names = sorted({name for pair in pairs for name in pair.names})
    numbers = {name: index for index, name in enumerate(names)}
    entries = [
        {"id": p.id, "about": p.about, "names": [numbers[name] for name in p.names], "packed": p.packed} for p in pairs
    ]
    body = {"statistics": with_statistics, "names": names, "pairs": entries}
    return json.dumps(body, separators=(",", ":")).replace("<", "\\u003c")


def _pairs(path: Path, levels: Sequence[str], builtins: Mapping[str, str]) -> Iterator[Pair]:
    """Candidates, in the order in which they should be taken."""
    data = ds.dataset(path / "data", format="parquet")
    light = data.to_table(columns=["seed", "productions"])
    chosen = choose(zip(light["seed"].to_pylist(), light["productions"].to_pylist(), strict=True))[:_CANDIDATES]
    columns = ["id", "seed", "source", "launch", "productions", *text_columns(levels), "line_map"]
    found: dict[int, Pair] = {}
    wanted = ds.field("seed").isin(chosen)
    # Rows are large: without these limits, many more than one batch are read ahead.
    few = {"batch_size": 50, "batch_readahead": 1, "fragment_readahead": 1}
    for batch in data.to_batches(columns=columns, filter=wanted, **few):
        for row in batch.to_pylist():
            found[row["seed"]] = pair_of(row, levels, builtins)
    return (found[seed] for seed in chosen)


def _statistics(path: Path, stats: Mapping[str, Any], builtins: Mapping[str, str]) -> str:
    census = _census_of_drawn(path)
    programs = census.project("lines, productions").fetchall()
    productions = [row[1] for row in programs]
    found = discover(productions)
    figures = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in _figures(stats, found.unseen))
    counts = _builtin_counts(productions, builtins)
    frequent = dict(list(counts.items())[:_BUILTINS_PLOTTED])
    charts = [
        _figure(
            "Length", "Lines of Python that are not blank.", plots.histogram([row[0] for row in programs], "lines")
        ),
        _figure(
            "Productions",
            "Different productions in a program: typed operations, calls and statements of the grammar.",
            plots.histogram([len(set(p)) for p in productions], "productions"),
        ),
        _figure("Tokens", _tokenizer(stats), plots.ranges(_tokens(census, stats), "tokens")),
        _figure(
            "Discovery",
            f"Different productions among the first programs drawn. {found.once:,} occur in one program alone, so by "
            f"Good and Turing {100 * found.unseen:.2f} % of what is drawn next has not occurred, and the next program "
            f"is expected to have {found.per_program:.2f} productions that are new.",
            plots.curve(found.curve, "programs", "productions"),
        ),
        _figure(
            "Builtins",
            f"The most frequent of {len(counts):,} builtins and operators, by share of programs.",
            plots.bars(frequent, len(programs)),
        ),
        _figure("Funnel", "What became of the seeds.", _table(stats["funnel"], stats["funnel"]["seeds"])),
    ]
    everything = f"<details><summary>All builtins</summary>{_table(counts, len(programs))}</details>"
    return (
        f'<main id="statistics" class="section"><dl class="figures">{figures}</dl>'
        f'<div class="plots">{"".join(charts)}</div>{everything}</main>'
    )


def _census_of_drawn(path: Path) -> duckdb.DuckDBPyRelation:
    """The programs that were drawn and accepted, whether or not their rows were kept, in the order of seeds."""
    census = duckdb.read_parquet(str(path / "census.parquet"))
    return census.filter("fate IN ('kept', 'capped', 'duplicate')").order("seed")


def _figures(stats: Mapping[str, Any], unseen: float) -> Iterator[tuple[str, str]]:
    yield "pairs", f"{stats['rows']:,}"
    yield "programs drawn", f"{stats['funnel']['seeds']:,}"
    for digest, share in stats["unique_share"].items():
        yield f"unique by {digest}", "-" if share is None else f"{100 * share:.1f} %"
    yield "different productions", f"{stats['productions']['distinct']:,}"
    yield "unseen, by Good and Turing", f"{100 * unseen:.2f} %"


def _builtin_counts(programs: Sequence[Sequence[str]], builtins: Mapping[str, str]) -> dict[str, int]:
    """In how many programs each builtin or operator occurs, the most frequent first; statements are neither."""
    counts: dict[str, int] = {}
    for productions in programs:
        for name in {builtins.get(p, p.partition("(")[0]) for p in productions if p in builtins or "(" in p}:
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _tokens(census: duckdb.DuckDBPyRelation, stats: Mapping[str, Any]) -> dict[str, list[int]]:
    levels = stats["configuration"]["levels"]
    columns = {"source": "source_tokens"}
    columns |= dict(zip((f"{level} {part}" for level in levels for part in PARTS), token_columns(levels), strict=True))
    parts = ", ".join(f"quantile_disc({column}, [0.05, 0.5, 0.95])" for column in columns.values())
    (row,) = census.aggregate(parts).fetchall()
    return {name: list(quantiles) for name, quantiles in zip(columns, row, strict=True) if quantiles is not None}


def _tokenizer(stats: Mapping[str, Any]) -> str:
    return (
        f"Tokens of each text by {escape(stats['configuration']['tokenizer'])}: from the 5th to the 95th percentile, "
        "and the median. The scale is logarithmic."
    )


def _figure(title: str, caption: str, body: str) -> str:
    return f"<figure><h2>{title}</h2><figcaption>{caption}</figcaption>{body}</figure>"


def _table(counts: Mapping[str, int], total: int) -> str:
    rows = (
        f"<tr><td>{escape(name)}</td><td>{count:,}</td><td>{100 * count / total if total else 0:.1f} %</td></tr>"
        for name, count in counts.items()
    )
    return f"<table>{''.join(rows)}</table>"
