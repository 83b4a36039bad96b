"""One unit, run in a worker process: batch by batch, into a shard that is there whole or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.corpus.folder import Done, checksum, whole
from warpsmith.corpus.make import Clock, make_records
from warpsmith.corpus.row import shard_schema, write_options
from warpsmith.corpus.unit import Configuration, Unit
from warpsmith.ir.execute import Executor
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
class Report:
    """What a worker says of a unit: the journal's entry, and the CPU seconds of every stage."""

    done: Done
    seconds: dict[str, float]


def run_unit(task: Task) -> Report:
    """Make every program of the unit and write its shard.

    Rows are written batch by batch, so a worker's memory does not grow with the unit.
    """
    path, clock, refused = task.folder / task.unit.file, Clock(), 0
    schema = shard_schema(task.configuration.levels)
    with whole(path) as partial, ExitStack() as stack:
        writer = stack.enter_context(pq.ParquetWriter(partial, schema, **write_options(schema)))
        executor = stack.enter_context(Executor()) if task.configuration.check == "execute" else None
        for seeds in task.unit.batches():
            records = make_records(task.family, task.configuration, seeds, clock, executor)
            refused += sum(record["refused"] is not None for record in records)
            with clock.stage("parquet"):
                writer.write_batch(pa.RecordBatch.from_pylist(records, schema))
    done = Done(task.unit.first, task.unit.count, checksum(path), path.stat().st_size, refused)
    return Report(done, dict(clock.seconds))
