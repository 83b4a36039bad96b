"""Statistics of a corpus, from its census and its files: funnel, uniqueness, coverage, diversity, shape.

Of one that is unfinished, what is done is merged for the time being, and the statistics are of that.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from warpsmith.corpus.contamination import compared
from warpsmith.corpus.folder import Folder, Manifest
from warpsmith.corpus.log import costs
from warpsmith.corpus.merge import merge
from warpsmith.corpus.row import DIGESTS, JUDGED, token_columns
from warpsmith.corpus.sources import parts, sources_of
from warpsmith.errors import CorpusError
from warpsmith.ir.splits import SPLITS


def statistics(path: Path, known: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Any]:
    """Everything ``warpsmith stats`` knows, ready for JSON.

    Uniqueness, lines and productions are counted over all programs that have IR, before deduplication and the cap; so
    ``unique`` counts, divided by ``programs``, are shares.

    Args:
        path: a corpus. Of an unfinished one, ``asked`` is more than the seeds of the funnel.
        known: what there could be, by kind: ``{"derived": {"dot(vec3f, vec3f)": "dot", ...}, ...}`` maps the names of
            productions to builtins. Coverage is of these.

    Raises:
        CorpusError: the corpus is damaged, or nothing of it is done.
    """
    folder = Folder(path)
    manifest = folder.read()
    asked = {"finished": manifest.finished, "asked": manifest.request.count}
    if manifest.finished:
        return {**asked, **_figures(path, manifest, known or {}), "costs": costs(path)}
    sources, _ = sources_of(folder, manifest)
    done = parts(sources, manifest.request.seeds)
    if not done:
        raise CorpusError(f"{path} is unfinished, and no unit of it is done yet")
    with tempfile.TemporaryDirectory(prefix="warpsmith-stats-") as scratch:
        so_far = merge(Folder(Path(scratch)), manifest.request, done)
        return {**asked, **_figures(Path(scratch), so_far, known or {}), "costs": costs(path)}


def _figures(path: Path, manifest: Manifest, known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    try:
        with duckdb.connect() as database:
            return _Statistics(database, path, manifest).all(known)
    except duckdb.Error as error:
        raise CorpusError(f"{path} is damaged: {error}; `warpsmith verify` names the file") from error


def sources(path: Path) -> list[str]:
    """The sources of a finished corpus, in the order of its rows.

    Raises:
        CorpusError: the corpus is unfinished or damaged.
    """
    Folder(path).read_finished()
    try:
        with duckdb.connect() as database:
            rows = database.read_parquet(str(path / "data" / "*.parquet")).project("source").fetchall()
    except duckdb.Error as error:
        raise CorpusError(f"{path} is damaged: {error}; `warpsmith verify` names the file") from error
    return [source for (source,) in rows]


class _Statistics:
    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path, manifest: Manifest) -> None:
        self.database = database
        self.manifest = manifest
        self.levels = manifest.request.configuration.levels
        self.census = database.read_parquet(str(path / "census.parquet"))
        self.data = database.read_parquet(str(path / "data" / "*.parquet"))
        self.programs = self.census.filter("fate NOT IN ('refused', 'quarantined')")

    def all(self, known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        unique, programs = self._unique(""), self._number(self.programs, "count(*)")
        return {
            "rows": self._number(self.data, "count(*)"),
            "programs": programs,
            "funnel": self.manifest.funnel,
            "refused": self._table(self.census.filter("refused IS NOT NULL"), "refused"),
            "unique": unique,
            "unique_share": {k: round(v / programs, 4) if programs else None for k, v in unique.items()},
            "largest_skeleton": self._largest_skeleton(),
            "near_duplicates": self._near_duplicates(),
            "splits": dict.fromkeys(SPLITS, 0) | self._table(self.data, "split"),
            "bytes": sum(file["bytes"] for file in self.manifest.files.values()),
            "contaminated": self._number(self.data, "count(contaminated)") if compared(self.levels) else None,
            "levels": {level: self._level(level) for level in self.levels},
            "tokens": self._tokens(),
            "executed": self._executed(),
            "lines": self._lines(),
            **self._productions(known),
            "configuration": asdict(self.manifest.request.configuration),
        }

    def _number(self, relation: duckdb.DuckDBPyRelation, expression: str) -> Any:
        return relation.aggregate(expression).fetchall()[0][0]

    def _table(self, relation: duckdb.DuckDBPyRelation, column: str, null: str = "") -> dict[str, int]:
        named = f"coalesce({column}, '{null}')"
        return dict(relation.aggregate(f"{named} AS name, count(*)", named).order("name").fetchall())

    def _unique(self, prefix: str) -> dict[str, int]:
        return {d: self._number(self.programs, f'count(DISTINCT "{prefix}{d}")') for d in DIGESTS}

    def _largest_skeleton(self) -> int:
        sizes = self.programs.aggregate("count(*) AS size", "skeleton")
        return int(self._number(sizes, "coalesce(max(size), 0)"))

    def _near_duplicates(self) -> dict[str, int]:
        """Rows that are near-duplicates of others, and the groups that these form."""
        groups = self.data.aggregate("count(*) AS size", "cluster").filter("size > 1")
        return {
            "rows": int(self._number(groups, "coalesce(sum(size), 0)")),
            "groups": self._number(groups, "count(*)"),
        }

    def _level(self, level: str) -> dict[str, Any]:
        columns = {part: f'"{level}_{part}"' for part in ("forward", "backward")}
        return {
            "rows": self._number(self.data, f"count({columns['forward']})"),
            "with_backward": self._number(self.data, f"count(*) FILTER ({columns['backward']} <> '')"),
            "unique": self._unique(f"{level}_"),
            "median_bytes": {
                part: self._number(self.data, f"cast(coalesce(quantile_disc(strlen({column}), 0.5), 0) AS BIGINT)")
                for part, column in columns.items()
            },
        }

    def _tokens(self) -> dict[str, Any]:
        """Tokens of the pairs in the rows: of sources alone, and of a source with its text of one pass at a level."""
        pairs = {"source": ["source_tokens"]}
        pairs |= {level: [f"source_tokens + {column}" for column in token_columns([level])] for level in self.levels}
        quantiles = {"median": 0.5, "p95": 0.95}
        found = {}
        for level, sums in pairs.items():
            tokens = self.data.project(f"unnest([{', '.join(sums)}]) AS tokens")
            found[level] = {name: self._number(tokens, f"quantile_disc(tokens, {q})") for name, q in quantiles.items()}
        return found

    def _executed(self) -> dict[str, Any]:
        """What launches of the rows have shown; nothing where none was launched."""
        asked = self.data.filter("executed IS NOT NULL")
        return {
            "rows": self._number(asked, "count(*)"),
            "ran": self._number(asked, "count(*) FILTER (executed)"),
            **{column.removesuffix("_verdict"): self._table(asked, column, "none") for column in JUDGED},
            "explained_by": self._table(asked.filter("explained_by IS NOT NULL"), "explained_by"),
            "with_evidence": self._number(asked, "count(*) FILTER (len(executions) > 0)"),
            "launches": self._number(asked, "coalesce(sum(len(executions)), 0)::BIGINT"),
        }

    def _lines(self) -> dict[str, int | None]:
        quantiles = {"median": 0.5, "p90": 0.9}
        return {name: self._number(self.programs, f"quantile_disc(lines, {q})") for name, q in quantiles.items()}

    def _productions(self, known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """How often each occurs, in how many programs; and what of all there could be occurs at all."""
        lists = self.programs.project("productions").fetchall()
        counts = Counter(production for (row,) in lists for production in row)
        total = sum(counts.values())
        productions = {
            "distinct": len(counts),
            "per_program": round(total / len(lists), 2) if lists else None,
            "entropy_bits": round(sum(-n / total * math.log2(n / total) for n in counts.values()), 3),
            "programs_with": dict(sorted(counts.items())),
        }
        coverage = {kind: _coverage(names, frozenset(counts)) for kind, names in known.items()}
        return {"productions": productions, "coverage": coverage}


def _coverage(known: Mapping[str, str], seen: frozenset[str]) -> dict[str, Any]:
    """What occurs of some productions, and of the builtins they belong to."""
    builtins, seen_builtins = set(known.values()), {known[name] for name in seen & known.keys()}
    return {
        "known": len(known),
        "covered": len(seen & known.keys()),
        "builtins": {"known": len(builtins), "covered": len(seen_builtins)},
        "missing": sorted(known.keys() - seen),
        "missing_builtins": sorted(builtins - seen_builtins),
    }
