"""One unit, run in a worker process: batch by batch, into a shard that is there whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.corpus.folder import Done, checksum, whole
from warpsmith.corpus.make import Maker
from warpsmith.corpus.row import shard_schema, write_options
from warpsmith.corpus.unit import Configuration, Unit
from warpsmith.synthesizer.family import Family


@dataclass(frozen=True)
class Task:
    """What a worker needs to run a unit; everything in it crosses a process border.

    Attributes:
        unit: the seeds.
        family: draws the programs; its ``draw`` must be a function that can be imported.
        configuration: decides the rows.
        folder: where the shard goes.
    """

    unit: Unit
    family: Family
    configuration: Configuration
    folder: Path


@dataclass(frozen=True)
class UnitReport:
    """What a worker says of a unit: the journal's entry, and the CPU seconds of every stage."""

    done: Done
    seconds: dict[str, float]


def run_unit(task: Task) -> UnitReport:
    """Make every program of the unit and write its shard.

    Rows are written batch by batch, so a worker's memory does not grow with the unit.
    """
    path, refused = task.folder / task.unit.file, 0
    schema = shard_schema(task.configuration.levels)
    with (
        Maker(task.family, task.configuration) as maker,
        whole(path) as partial,
        pq.ParquetWriter(partial, schema, **write_options(schema)) as writer,
    ):
        for seeds in task.unit.batches():
            records = maker.records(seeds)
            refused += sum(record["refused"] is not None for record in records)
            with maker.clock.stage("parquet"):
                writer.write_batch(pa.RecordBatch.from_pylist(records, schema))
    done = Done(task.unit.first, task.unit.count, checksum(path), path.stat().st_size, refused)
    return UnitReport(done, dict(maker.clock.seconds))
