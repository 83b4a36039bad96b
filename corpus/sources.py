"""Where a merge takes its rows from: the shards of units that are done, and the files of a corpus that was complete.

What is kept of a whole is kept of each of its parts: a row that is a duplicate, or one too many of its skeleton, in a
part is so in the whole. So a complete corpus stands for all its seeds, though it holds the texts of kept rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warpsmith.corpus.folder import Folder, Manifest, checksum
from warpsmith.corpus.journal import Done
from warpsmith.corpus.row import quarantine_schema, refusal_schema
from warpsmith.corpus.unit import BATCH, Unit, batches

CENSUS, REFUSALS, QUARANTINE = "census.parquet", "refusals.parquet", "quarantine.parquet"
Seeds: TypeAlias = npt.NDArray[np.int64]


class Source(Protocol):
    """Some batches that were made."""

    @property
    def files(self) -> list[Path]:
        """The files that hold its rows, and others."""

    def batches(self, asked: range) -> Seeds:
        """First seeds of the batches of which it has all seeds that are asked for."""

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Some columns of the census, of all programs that were not quarantined, in the order of seeds."""

    def refusals(self) -> pa.Table:
        """The programs that were refused."""

    def quarantine(self) -> pa.Table:
        """The seeds that have no row."""

    def rows(self, columns: Sequence[str]) -> list[Iterator[pa.Table]]:
        """Streams of some columns of rows, each in the order of seeds; all rows that a merge may keep."""


@dataclass(frozen=True)
class Shards:
    """The shards of units that are done.

    Attributes:
        folder: where they are.
        done: the units, in the order of their seeds; none overlaps another.
    """

    folder: Path
    done: tuple[Done, ...]

    @property
    def units(self) -> list[Unit]:
        """The units."""
        return [done.unit for done in self.done]

    @property
    def files(self) -> list[Path]:
        """See :class:`Source`."""
        return [self.folder / done.unit.file for done in self.done]

    def batches(self, asked: range) -> Seeds:
        """See :class:`Source`; a unit has whole batches, whatever was asked."""
        units = [np.arange(done.first, done.first + done.count, BATCH) for done in self.done]
        return np.concatenate([np.empty(0, np.int64), *units])

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """See :class:`Source`."""
        return (pq.read_table(file, columns=list(columns)) for file in self.files)

    def refusals(self) -> pa.Table:
        """See :class:`Source`."""
        schema, refused = refusal_schema(), pc.field("refused").is_valid()
        tables = [pq.read_table(file, columns=schema.names, filters=refused).cast(schema) for file in self.files]
        return pa.concat_tables([schema.empty_table(), *tables])

    def quarantine(self) -> pa.Table:
        """See :class:`Source`."""
        rows = [asdict(q) for done in self.done for q in done.quarantined]
        return pa.Table.from_pylist(rows, quarantine_schema())

    def rows(self, columns: Sequence[str]) -> list[Iterator[pa.Table]]:
        """See :class:`Source`."""
        return [_stream(self.files, columns)]


class Complete:
    """The files of a corpus that was complete, less what is damaged.

    Args:
        folder: where the files are.
        manifest: what says how they were.

    Attributes:
        damaged: names of the files that are not as the manifest says.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.damaged = [name for name, listed in manifest.files.items() if not _is(folder / name, listed["sha256"])]
        self._names = sorted(n for n in manifest.files if n.startswith("data/") and n not in self.damaged)

    @property
    def files(self) -> list[Path]:
        """See :class:`Source`."""
        return [self.folder / name for name in self._names]

    def batches(self, asked: range) -> Seeds:
        """See :class:`Source`."""
        if {CENSUS, REFUSALS, QUARANTINE} & set(self.damaged):
            return np.empty(0, np.int64)
        census = pq.read_table(self.folder / CENSUS, columns=["seed", "fate"])
        kept = census.filter(pc.equal(census["fate"], "kept"))["seed"].to_numpy()
        there = _concatenated([pq.read_table(self.folder / name, columns=["seed"]) for name in self._names])
        lost = np.setdiff1d(kept, there["seed"].to_numpy()) if there.num_rows else kept
        known = np.setdiff1d(census["seed"].to_numpy(), lost)
        known = known[(known >= asked.start) & (known < asked.stop)]
        first, count = np.unique(known - known % BATCH, return_counts=True)
        wanted = np.minimum(first + BATCH, asked.stop) - np.maximum(first, asked.start)
        found: Seeds = first[count == wanted]
        return found

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """See :class:`Source`."""
        with pq.ParquetFile(self.folder / CENSUS) as file:
            for batch in file.iter_batches(columns=[*columns, "fate"]):
                table = pa.Table.from_batches([batch])
                yield table.filter(pc.not_equal(table["fate"], "quarantined")).select(list(columns))

    def refusals(self) -> pa.Table:
        """See :class:`Source`."""
        return pq.read_table(self.folder / REFUSALS)

    def quarantine(self) -> pa.Table:
        """See :class:`Source`."""
        return pq.read_table(self.folder / QUARANTINE)

    def rows(self, columns: Sequence[str]) -> list[Iterator[pa.Table]]:
        """See :class:`Source`: a stream for each split."""
        splits = sorted({name.partition("-0")[0] for name in self._names})
        by_split = [[self.folder / n for n in self._names if n.partition("-0")[0] == split] for split in splits]
        return [_stream(files, columns) for files in by_split]


@dataclass(frozen=True)
class Part:
    """The batches that a merge takes from a source.

    Attributes:
        source: where they are.
        batches: their first seeds, ascending.
        seeds: what is asked for; of the first and the last batch it may be a part.
    """

    source: Source
    batches: Seeds
    seeds: range

    def of(self, table: pa.Table) -> pa.Table:
        """The rows of a table whose seeds are in this part, and asked for."""
        return asked(self.batched(table), self.seeds)

    def batched(self, table: pa.Table) -> pa.Table:
        """The rows of a table whose batches are in this part."""
        seeds = table["seed"].to_numpy()
        return table.filter(pa.array(np.isin(seeds - seeds % BATCH, self.batches)))


def asked(table: pa.Table, seeds: range) -> pa.Table:
    """The rows of a table that have some of the seeds."""
    column = table["seed"].to_numpy()
    return table.filter(pa.array((column >= seeds.start) & (column < seeds.stop)))


def parts(sources: Sequence[Source], seeds: range) -> list[Part]:
    """Which batches to take from which source: from the first that has them."""
    found, taken = [], np.empty(0, np.int64)
    for source in sources:
        mine = np.setdiff1d(np.intersect1d(source.batches(seeds), np.asarray(batches(seeds))), taken)
        taken = np.union1d(taken, mine)
        if len(mine):
            found.append(Part(source, mine, seeds))
    return found


def missing(found: Sequence[Part], seeds: range) -> list[int]:
    """First seeds of the batches that are in no part."""
    there = [part.batches for part in found]
    absent: list[int] = np.setdiff1d(
        np.asarray(batches(seeds)), np.concatenate([np.empty(0, np.int64), *there])
    ).tolist()
    return absent


def sources_of(folder: Folder, manifest: Manifest) -> tuple[list[Source], list[str]]:
    """What an unfinished corpus has so far.

    Returns:
        The sources, and what is damaged, in words.
    """
    sources: list[Source] = []
    shards, damaged = _shards(folder)
    if manifest.files:
        base = Complete(folder.base, manifest)
        sources.append(base)
        damaged = [f"{folder.base.name}/{name} is damaged or missing" for name in base.damaged] + damaged
    if shards.done:
        sources.append(shards)
    return sources, damaged


def _shards(folder: Folder) -> tuple[Shards, list[str]]:
    """The units whose shards are as the journal says; of two that overlap, the one that was journalled later."""
    found: dict[int, Done] = {}
    taken: set[int] = set()
    damaged: dict[str, str] = {}
    for entry in reversed(list(folder.journal.entries())):
        if isinstance(entry, int):
            damaged[f"line {entry}"] = f"{folder.journal.path.name}, line {entry}, is damaged"
            continue
        mine = set(range(entry.first, entry.first + entry.count, BATCH))
        if not taken & mine:
            if _is(folder.units / entry.unit.file, entry.sha256):
                found[entry.first] = entry
                taken |= mine
            else:
                seeds = f"seeds {entry.first} to {entry.first + entry.count - 1}"
                damaged[entry.unit.file] = f"{entry.unit.file} ({seeds}) is damaged or missing"
    return Shards(folder.units, tuple(found[first] for first in sorted(found))), list(damaged.values())


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and checksum(path) == sha256


def _concatenated(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables) if tables else pa.table({})


def _stream(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Rows of files one after the other, a hundred at a time."""
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=100, columns=list(columns)):
                yield pa.Table.from_batches([batch])
