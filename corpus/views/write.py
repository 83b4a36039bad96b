"""The configurations of one data set, each in a folder of its own beside ``data/``, which is the first of them.

::

    data/       pairs    the rows of the corpus
    prompts/    prompts  a row for each prompt and level
    tests/      tests    programs with inputs and what must come out; only where programs were launched
    README.md            the card
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.corpus.folder import PARTIAL, Folder, sync, write_text
from warpsmith.corpus.row import Record, row_schema, text_columns, write_options
from warpsmith.corpus.stats import statistics
from warpsmith.corpus.views.card import Dataset, card
from warpsmith.corpus.views.prompts import SCHEMA, Prompt, prompt_rows

_GROUP = 500
"""Rows of the corpus that are read at a time."""
_TESTED = (
    "id",
    "seed",
    "family",
    "source",
    "entry",
    "launch",
    "forward_verdict",
    "gradient_verdict",
    "known_defects",
    "executions",
)


@dataclass(frozen=True)
class CorpusView:
    """One configuration.

    Attributes:
        name: what it is called, and its folder.
        schema: of its rows.
        columns: of the corpus that it is made from.
        rows: what becomes of one row of the corpus.
    """

    name: str
    schema: pa.Schema
    columns: tuple[str, ...]
    rows: Callable[[Record], Iterator[Record]]


def views_of(levels: Sequence[str], check: str, prompts: Sequence[Prompt]) -> list[CorpusView]:
    """The views of a corpus, besides its own rows.

    Args:
        levels: of the corpus.
        check: how far its programs were followed.
        prompts: what is asked.
    """
    asked = ("id", "source", "entry", "warp", "arch", *text_columns(levels))
    views = [CorpusView("prompts", SCHEMA, asked, lambda row: prompt_rows(row, levels, prompts))]
    if check == "execute":
        schema = pa.schema([row_schema(levels).field(column) for column in _TESTED])
        views.append(CorpusView("tests", schema, _TESTED, lambda row: iter([row] if row["executions"] else [])))
    return views


def write_views(path: Path, prompts: Sequence[Prompt], known: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """Write the views of a finished corpus into its folder, and its card; what is there of them is replaced.

    Args:
        path: a finished corpus.
        prompts: what the view ``prompts`` asks.
        known: as for :func:`corpus.stats.statistics`.

    Returns:
        How many rows each configuration has.

    Raises:
        CorpusError: the corpus is unfinished or damaged.
    """
    manifest = Folder(path).read_finished()
    stats = statistics(path, known)
    configuration = manifest.request.configuration
    rows = {"pairs": {split: stats_of(files) for split, files in _splits(path / "data").items()}}
    for view in views_of(configuration.levels, configuration.check, prompts):
        rows[view.name] = _write(path, view)
    write_text(path / "README.md", card(Dataset(path, manifest, stats, rows)))
    return {name: sum(splits.values()) for name, splits in rows.items()}


def stats_of(files: Sequence[Path]) -> int:
    """How many rows are in some Parquet files."""
    return sum(int(pq.read_metadata(file).num_rows) for file in files)


def _splits(data: Path) -> dict[str, list[Path]]:
    """The files of each split: ``train-00000-of-00002.parquet``."""
    splits: dict[str, list[Path]] = {}
    for file in sorted(data.glob("*.parquet")):
        splits.setdefault(file.name.split("-")[0], []).append(file)
    return splits


def _write(path: Path, view: CorpusView) -> dict[str, int]:
    """A file for each file of the corpus; the folder appears when all of them are whole."""
    target, partial = path / view.name, path / f"{view.name}{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    counts = {}
    for split, files in _splits(path / "data").items():
        counts[split] = sum(_write_file(file, partial / file.name, view) for file in files)
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)
    sync(path)
    return counts


def _write_file(source: Path, target: Path, view: CorpusView) -> int:
    options: dict[str, Any] = write_options(view.schema) | {
        "use_dictionary": ["task", "level"],
        "write_statistics": ["id"],
    }
    written = 0
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, view.schema, **options) as writer:
        for batch in file.iter_batches(batch_size=_GROUP, columns=list(view.columns)):
            rows = [made for row in batch.to_pylist() for made in view.rows(row)]
            writer.write_table(pa.Table.from_pylist(rows, view.schema))
            written += len(rows)
    sync(target)
    return written
