"""The merge: from shards to the corpus, in the order of seeds, so that the same seeds give the same bytes.

Two passes over the shards. The first reads digests alone and decides every row's fate: the lowest seed of a ``norm`` is
kept, up to a cap per ``skeleton``. The second streams the kept rows into the files.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warpsmith.corpus.folder import PARTIAL, Folder, Manifest, describe, sync, whole
from warpsmith.corpus.row import VERDICTS, census_schema, refusal_schema, row_schema, write_options
from warpsmith.corpus.unit import Request, Unit

ROW_GROUP = 1_000
"""Fewest rows in a row group of a file that has as many; no group has twice as many. Viewers want 1,000 to 4,000."""
FILE_ROWS = 20_000
"""Most rows in one file."""


@dataclass
class _Judge:
    """Decides row by row, in the order of seeds."""

    cap: int

    def __post_init__(self) -> None:
        self.norms: dict[str, int] = {}
        self.skeletons: dict[str, int] = {}
        self.sizes: Counter[str] = Counter()

    def judge(self, seed: int, norm: str | None, skeleton: str | None) -> tuple[str, int | None]:
        if norm is None or skeleton is None:
            return "refused", None
        if norm in self.norms:
            return "duplicate", self.norms[norm]
        self.norms[norm] = seed
        first = self.skeletons.setdefault(skeleton, seed)
        self.sizes[skeleton] += 1
        return ("kept", None) if self.sizes[skeleton] <= self.cap else ("capped", first)


def merge(folder: Folder, request: Request, units: list[Unit]) -> Manifest:
    """Write ``data/``, ``census.parquet`` and ``refusals.parquet`` from the units' shards.

    Returns:
        The manifest of the finished corpus, which is not written yet.
    """
    shards = [folder.units / unit.file for unit in units]
    census = _census(shards, request)
    funnel = _funnel(census)
    files = {}
    for name, table in (("census.parquet", census), ("refusals.parquet", _refusals(shards))):
        with whole(folder.path / name) as partial:
            pq.write_table(table, partial, **write_options(table.schema))
        files[name] = describe(folder.path / name, table.num_rows)
    kept = census["seed"].filter(pc.equal(census["fate"], "kept")).combine_chunks()
    for path, rows in _write_data(folder, request, shards, kept):
        files[f"data/{path.name}"] = describe(path, rows)
    return Manifest(request, dict(sorted(files.items())), funnel)


def _census(shards: list[Path], request: Request) -> pa.Table:
    schema = census_schema(request.configuration.levels)
    columns = [name for name in schema.names if name not in ("fate", "like")]
    judge, parts = _Judge(request.skeleton_cap), []
    for shard in shards:
        table = pq.read_table(shard, columns=columns)
        keys = zip(*(table[c].to_pylist() for c in ("seed", "norm", "skeleton")), strict=True)
        fates = [judge.judge(*key) for key in keys]
        table = table.append_column("fate", pa.array([fate for fate, _ in fates], pa.string()))
        table = table.append_column("like", pa.array([like for _, like in fates], pa.int64()))
        parts.append(table.select(schema.names).cast(schema))
    return pa.concat_tables(parts) if parts else schema.empty_table()


def _refusals(shards: list[Path]) -> pa.Table:
    schema = refusal_schema()
    refused = pc.field("refused").is_valid()
    tables = [pq.read_table(shard, columns=schema.names, filters=refused).cast(schema) for shard in shards]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _funnel(census: pa.Table) -> dict[str, int]:
    """How many programs got how far. A stage that nobody asked for is absent."""
    funnel = {"seeds": census.num_rows}
    for verdict in VERDICTS:
        asked = census[verdict].drop_null()
        if len(asked) or verdict in ("checked", "codegen"):
            funnel[verdict] = pc.sum(asked).as_py() or 0
    fates = Counter(census["fate"].to_pylist())
    funnel["unique"] = fates["kept"] + fates["capped"]
    funnel["kept"] = fates["kept"]
    return funnel


def _write_data(folder: Folder, request: Request, shards: list[Path], kept: pa.Array) -> list[tuple[Path, int]]:
    """Stream the kept rows into files; the folder appears when all of them are whole."""
    data, partial = folder.path / "data", folder.path / f"data{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    schema = row_schema(request.configuration.levels)
    rows = _Reader(_kept_rows(shards, schema, kept), schema)
    sizes = _split(len(kept), -(-len(kept) // FILE_ROWS))
    written = []
    for index, size in enumerate(sizes):
        path = partial / f"train-{index:05d}-of-{len(sizes):05d}.parquet"
        with pq.ParquetWriter(path, schema, **write_options(schema)) as writer:
            for group in _split(size, size // ROW_GROUP):
                writer.write_table(rows.take(group), row_group_size=max(1, group))
        sync(path)
        written.append((data / path.name, size))
    shutil.rmtree(data, ignore_errors=True)
    partial.replace(data)
    sync(folder.path)
    return written


def _split(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` (at least one) parts as equal as can be."""
    parts = max(1, parts)
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def _kept_rows(shards: list[Path], schema: pa.Schema, kept: pa.Array) -> Iterator[pa.Table]:
    for shard in shards:
        with pq.ParquetFile(shard) as file:
            for batch in file.iter_batches(batch_size=100, columns=schema.names):
                table = pa.Table.from_batches([batch]).select(schema.names)
                yield table.filter(pc.is_in(table["seed"], value_set=kept)).cast(schema)


class _Reader:
    """Cuts a stream of tables into tables of the lengths asked for; holds no more than one of them and a batch."""

    def __init__(self, tables: Iterator[pa.Table], schema: pa.Schema) -> None:
        self._tables = tables
        self._held = schema.empty_table()

    def take(self, rows: int) -> pa.Table:
        parts = [self._held]
        while (have := sum(part.num_rows for part in parts)) < rows:
            parts.append(next(self._tables))
        joined = pa.concat_tables(parts)
        self._held = joined.slice(rows).combine_chunks() if have > rows else joined.slice(rows)
        return joined.slice(0, rows).combine_chunks()
