"""One unit, batch by batch, into a shard that is there whole or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from warpsmith.corpus.folder import checksum, whole
from warpsmith.corpus.journal import Done
from warpsmith.corpus.quarantine import Quarantined, isolate
from warpsmith.corpus.row import shard_schema, write_options
from warpsmith.corpus.unit import Unit
from warpsmith.corpus.worker import BatchWorker

_LEVEL = 1
"""Of zstd: shards are soon read again, and removed."""


@dataclass(frozen=True)
class UnitReport:
    """What is said of a unit that is done: the journal's entry, what every stage took, and the most memory.

    Attributes:
        done: the journal's entry.
        seconds: CPU seconds by stage.
        memory: most bytes of the worker, with the process that launches its programs.
    """

    done: Done
    seconds: dict[str, float]
    memory: int


def run_unit(unit: Unit, worker: BatchWorker, folder: Path) -> UnitReport:
    """Make every program of a unit and write its shard.

    Rows are written batch by batch, so that memory does not grow with the unit.

    Args:
        unit: the seeds.
        worker: makes them.
        folder: where the shard goes.
    """
    path, schema = folder / unit.file, shard_schema(worker.orders.configuration.levels)
    options = write_options(schema) | {"compression_level": _LEVEL}
    seconds: Counter[str] = Counter()
    quarantined: list[Quarantined] = []
    memory = 0
    with whole(path) as partial, pq.ParquetWriter(partial, schema, **options) as writer:
        for seeds in unit.batches():
            worker.sources.clear()
            made, out = isolate(worker.make, seeds)
            quarantined += [replace(q, source=worker.sources.get(q.seed)) for q in out]
            if made is not None:
                writer.write_batch(made.rows)
                seconds.update(made.seconds)
                memory = max(memory, made.memory)
    return UnitReport(Done(unit.first, unit.count, checksum(path), tuple(quarantined)), dict(seconds), memory)
