"""The merge: from what was made to the corpus, in the order of seeds, so that the same seeds give the same bytes.

Two passes. The first reads digests alone and decides every row's fate. The second streams the kept rows into the files.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warpsmith.corpus.contamination import contaminated
from warpsmith.corpus.fates import FATES, KEYS, decide
from warpsmith.corpus.folder import PARTIAL, Folder, Manifest, describe, sync, whole
from warpsmith.corpus.row import (
    PLACED,
    VERDICTS,
    census_schema,
    quarantine_schema,
    refusal_schema,
    row_schema,
    write_options,
)
from warpsmith.corpus.sources import CENSUS, QUARANTINE, REFUSALS, Part, asked
from warpsmith.corpus.splits import place
from warpsmith.corpus.streams import SplitWriter, in_order
from warpsmith.corpus.unit import Request
from warpsmith.ir.splits import SPLITS

_JUDGED = ("fate", "like", *PLACED)
"""Columns that the merge adds."""
_STAGES = ("seeds", "quarantined", *VERDICTS, "unique", "kept")
CENSUS_GROUP = 10_000
"""Rows in a row group of the census."""


class Merge:
    """What is made of some parts.

    Args:
        request: what was asked for.
        parts: what was made of it.

    Attributes:
        fates: of every seed that is not in quarantine.
        splits: of every seed that is kept, an index into :data:`warpsmith.ir.splits.SPLITS`.
        clusters: likewise, the lowest seed that near-duplicates connect it with.
        contaminated: likewise, the published kernel that it is a near-duplicate of, or ``None``.
        quarantine: the seeds that are, as a table; with those of the first and the last batch that nobody asked for, as
            they are not compiled with the others.
        funnel: how many programs got how far; complete once the census was read to its end.
    """

    def __init__(self, request: Request, parts: Sequence[Part]) -> None:
        self.request, self.parts = request, parts
        self.levels = request.configuration.levels
        keys = (part.of(table) for part in parts for table in part.source.tables(KEYS))
        self.fates = decide(keys, request.skeleton_cap)
        held, signatures = self._compared()
        self.splits, clusters = place(self.fates, held, signatures)
        self.clusters = self.fates.kept[clusters]
        self.contaminated = contaminated(self.levels, signatures)
        self.quarantine = _sorted([p.batched(p.source.quarantine()) for p in parts], quarantine_schema())
        self.funnel: Counter[str] = Counter()

    def _compared(self) -> tuple[npt.NDArray[np.bool_], list[bytes]]:
        """What the kept rows are placed by, in the order of seeds."""
        columns, kept = ("seed", "held_out", "minhash"), pa.array(self.fates.kept)
        streams = [self._kept(part, part.source.tables(columns), kept) for part in self.parts]
        held: list[bool] = []
        signatures: list[bytes] = []
        for table in in_order(streams):
            held += table["held_out"].is_valid().to_pylist()
            signatures += table["minhash"].to_pylist()
        return np.array(held, bool), signatures

    @staticmethod
    def _kept(part: Part, tables: Iterator[pa.Table], kept: pa.Array) -> Iterator[pa.Table]:
        return (part.of(table.filter(pc.is_in(table["seed"], value_set=kept))) for table in tables)

    def _placed(self, table: pa.Table) -> pa.Table:
        """Add what the merge says of rows; nothing where they are not kept."""
        kept, seeds = self.fates.kept, table["seed"].to_numpy()
        at = np.minimum(np.searchsorted(kept, seeds), max(0, len(kept) - 1))
        absent = kept[at] != seeds if len(kept) else np.ones(len(seeds), bool)
        splits = pa.array(self.splits[at] if len(kept) else np.zeros(len(seeds), np.int8), mask=absent)
        clusters = pa.array(self.clusters[at] if len(kept) else seeds, mask=absent)
        names = pa.DictionaryArray.from_arrays(splits, pa.array(SPLITS)).cast(pa.string())
        published = pa.array([*self.contaminated, None], pa.string()).take(pa.array(at, mask=absent))
        columns = {"split": names, "cluster": clusters, "contaminated": published}
        for name, column in columns.items():
            table = table.append_column(name, column)
        return table

    def refusals(self) -> pa.Table:
        """The programs that were refused."""
        return _sorted([part.of(part.source.refusals()) for part in self.parts], refusal_schema())

    def census(self) -> Iterator[pa.Table]:
        """What became of every seed, in the order of seeds."""
        schema = census_schema(self.levels)
        columns = [name for name in schema.names if name not in _JUDGED]
        streams = [map(self._judged, map(part.of, part.source.tables(columns))) for part in self.parts]
        for table in in_order([*streams, iter([self._lost(schema)])]):
            self._count(table)
            yield table

    def _judged(self, table: pa.Table) -> pa.Table:
        schema, at = census_schema(self.levels), np.searchsorted(self.fates.seeds, table["seed"].to_numpy())
        like = self.fates.like[at]
        columns = {
            "fate": pa.DictionaryArray.from_arrays(pa.array(self.fates.fates[at]), pa.array(FATES)).cast(pa.string()),
            "like": pa.array(like, mask=like < 0),
        }
        for name, column in columns.items():
            table = table.append_column(name, column)
        return self._placed(table).select(schema.names).cast(schema)

    def _lost(self, schema: pa.Schema) -> pa.Table:
        """Rows of the census for the seeds in quarantine."""
        seeds = asked(self.quarantine, self.request.seeds)["seed"]
        known = {"seed": seeds, "fate": pa.array(["quarantined"] * len(seeds), pa.string())}
        columns = [known.get(field.name, pa.nulls(len(seeds), field.type)) for field in schema]
        return pa.table(columns, schema=schema)

    def _count(self, table: pa.Table) -> None:
        """How many programs got how far. A stage that nobody asked for is absent."""
        self.funnel["seeds"] += table.num_rows
        for verdict in VERDICTS:
            verdicts = table[verdict].drop_null()
            if len(verdicts) or verdict in ("checked", "codegen"):
                self.funnel[verdict] += pc.sum(verdicts).as_py() or 0
        fates = Counter(table["fate"].to_pylist())
        if fates["quarantined"]:
            self.funnel["quarantined"] += fates["quarantined"]
        self.funnel["unique"] += fates["kept"] + fates["capped"]
        self.funnel["kept"] += fates["kept"]

    def stages(self) -> dict[str, int]:
        """The funnel, in the order of stages."""
        return {stage: self.funnel[stage] for stage in _STAGES if stage in self.funnel}

    def rows(self) -> Iterator[pa.Table]:
        """The rows that are kept, in the order of seeds."""
        schema, kept = row_schema(self.levels), pa.array(self.fates.kept)
        made = pa.schema([field for field in schema if field.name not in _JUDGED])
        streams = [self._kept(part, s, kept) for part in self.parts for s in part.source.rows(made.names)]
        # A shard's columns may be null, those of a complete corpus not.
        streams = [(table.cast(made) for table in stream) for stream in streams]
        return (self._placed(table).select(schema.names).cast(schema) for table in in_order(streams))


def merge(folder: Folder, request: Request, parts: Sequence[Part]) -> Manifest:
    """Write the files of a corpus.

    Args:
        folder: where to.
        request: what was asked for.
        parts: all of it.

    Returns:
        The manifest of the finished corpus, which is not written yet.
    """
    merged = Merge(request, parts)
    files = {}
    for name, table in ((QUARANTINE, merged.quarantine), (REFUSALS, merged.refusals())):
        with whole(folder.path / name) as partial:
            pq.write_table(table, partial, **write_options(table.schema))
        files[name] = describe(folder.path / name, table.num_rows)
    with whole(folder.path / CENSUS) as partial:
        _write_census(merged, partial)
    files[CENSUS] = describe(folder.path / CENSUS, merged.funnel["seeds"])
    for path, rows in _write_data(folder, merged):
        files[f"data/{path.name}"] = describe(path, rows)
    return Manifest(request, dict(sorted(files.items())), merged.stages(), finished=True)


def _sorted(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *tables]).sort_by("seed").combine_chunks()


def _write_census(merged: Merge, path: Path) -> None:
    schema = census_schema(merged.levels)
    with pq.ParquetWriter(path, schema, **write_options(schema)) as writer:
        held = schema.empty_table()
        for table in merged.census():
            held = pa.concat_tables([held, table])
            if held.num_rows >= CENSUS_GROUP:
                writer.write_table(held.slice(0, CENSUS_GROUP).combine_chunks())
                held = held.slice(CENSUS_GROUP).combine_chunks()
        writer.write_table(held.combine_chunks())


def _write_data(folder: Folder, merged: Merge) -> list[tuple[Path, int]]:
    """Stream the kept rows into files; the folder appears when all of them are whole."""
    data, partial = folder.path / "data", folder.path / f"data{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    schema = row_schema(merged.levels)
    with ExitStack() as stack:
        counts = np.bincount(merged.splits, minlength=len(SPLITS)).tolist()
        writers = {
            split: stack.enter_context(closing(SplitWriter(partial, split, schema, rows)))
            for split, rows in zip(SPLITS, counts, strict=True)
        }
        for table in merged.rows():
            for split, writer in writers.items():
                writer.write(table.filter(pc.equal(table["split"], split)))
        for writer in writers.values():
            writer.finish()
    files = [file for writer in writers.values() for file in writer.files]
    for path, _ in files:
        sync(path)
    shutil.rmtree(data, ignore_errors=True)
    partial.replace(data)
    sync(folder.path)
    return [(data / path.name, rows) for path, rows in files]
