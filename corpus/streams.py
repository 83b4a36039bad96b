"""Tables that come a piece at a time: put in the order of seeds, and cut into the lengths of row groups and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.corpus.row import write_options
from warpsmith.errors import CorpusError

ROW_GROUP = 1_000
"""Fewest rows in a row group of a file that has as many; no group has twice as many. Viewers want 1,000 to 4,000."""
FILE_ROWS = 20_000
"""Most rows in one file."""


def in_order(streams: Sequence[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """Merge streams, each of which is in the order of seeds.

    No more than a table of each stream is in memory.
    """
    heads = [(table, stream) for stream in streams if (table := _next(stream)) is not None]
    while heads:
        # Up to the seed where the first of the tables ends, no stream has anything to add.
        end = min(table["seed"][-1].as_py() for table, _ in heads)
        ready, left = [], []
        for table, stream in heads:
            upto = int(np.searchsorted(table["seed"].to_numpy(), end, side="right"))
            ready.append(table.slice(0, upto))
            rest = table.slice(upto) if upto < table.num_rows else _next(stream)
            if rest is not None:
                left.append((rest, stream))
        heads = left
        whole = [table for table in ready if table.num_rows]
        yield whole[0] if len(whole) == 1 else pa.concat_tables(whole).sort_by("seed")


def _next(stream: Iterator[pa.Table]) -> pa.Table | None:
    """The next table that is not empty."""
    return next((table for table in stream if table.num_rows), None)


def even(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` (at least one) parts as equal as can be."""
    parts = max(1, parts)
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


class SplitWriter:
    """Writes the files of one split, as its rows come; a context manager.

    Args:
        folder: where to.
        split: its name.
        schema: of the rows.
        rows: how many there will be; without any, there is no file.

    Attributes:
        sizes: rows of every file.
    """

    def __init__(self, folder: Path, split: str, schema: pa.Schema, rows: int) -> None:
        self.sizes = even(rows, -(-rows // FILE_ROWS)) if rows else []
        self._paths = [folder / f"{split}-{i:05d}-of-{len(self.sizes):05d}.parquet" for i in range(len(self.sizes))]
        self._schema = schema
        self._held: list[pa.Table] = []
        self._groups = self._plan()
        self._next = next(self._groups, None)
        self._writer: pq.ParquetWriter | None = None

    @property
    def files(self) -> list[tuple[Path, int]]:
        """The files, with their rows."""
        return list(zip(self._paths, self.sizes, strict=True))

    def _plan(self) -> Iterator[tuple[Path, int, bool]]:
        """Row groups: file, rows, and whether it is the file's last."""
        for path, size in self.files:
            groups = even(size, size // ROW_GROUP)
            for index, group in enumerate(groups):
                yield path, group, index == len(groups) - 1

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._held.append(table)
        while self._next is not None and sum(t.num_rows for t in self._held) >= self._next[1]:
            path, rows, last = self._next
            joined = pa.concat_tables(self._held)
            self._write(path, joined.slice(0, rows).combine_chunks(), last)
            self._held = [joined.slice(rows).combine_chunks()]
            self._next = next(self._groups, None)

    def _write(self, path: Path, group: pa.Table, last: bool) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(path, self._schema, **write_options(self._schema))
        self._writer.write_table(group, row_group_size=group.num_rows)
        if last:
            self._writer.close()
            self._writer = None

    def close(self) -> None:
        """Let go of the file that is being written, if there is one: something went wrong."""
        if self._writer is not None:
            self._writer.close()

    def finish(self) -> None:
        """Make sure that all rows have come.

        Raises:
            CorpusError: there were fewer rows than announced.
        """
        if self._next is not None:
            raise CorpusError(f"{self._next[0].name}: rows are missing that the census has")
