"""Units on a Ray cluster: a task each, which comes back with its shard."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Generator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import ray

from warpsmith.corpus.folder import whole
from warpsmith.corpus.shard import UnitReport, run_unit
from warpsmith.corpus.unit import Configuration, Unit
from warpsmith.corpus.worker import BatchWorker, Limits, Orders
from warpsmith.errors import CorpusError, UsageError

_AHEAD = 2
"""Units that are handed to the cluster for each of its processors, so that none waits for us."""


class Ray:
    """The engine; see :class:`warpsmith.corpus.engines.Engine`.

    A node that is lost costs the units it was at: Ray runs their tasks again elsewhere. The nodes share no folder:
    shards come back as values, and are written here.

    Args:
        address: of a cluster; ``None`` for one of this machine that lives as long as the run.
        jobs: processors of the cluster of this machine.

    Raises:
        UsageError: the cluster cannot be reached.
    """

    def __init__(self, address: str | None, jobs: int) -> None:
        local = (
            {"address": "local", "num_cpus": jobs, "include_dashboard": False}
            if address is None
            else {"address": address}
        )
        try:
            ray.init(log_to_driver=False, logging_level="error", configure_logging=False, **local)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UsageError(f"cannot reach a Ray cluster at {address or 'this machine'}: {error}") from error

    @property
    def jobs(self) -> int:
        """Processors of the cluster."""
        return max(1, int(ray.cluster_resources().get("CPU", 1)))

    def run(self, units: Sequence[Unit], orders: Orders, folder: Path) -> Generator[UnitReport, None, None]:
        """Reports of the units as they are done; whatever ends the iteration ends the work too."""
        rest = iter(units)
        shared = ray.put(orders)
        try:
            waiting = [_submit(unit, shared) for unit in islice(rest, _AHEAD * self.jobs)]
            while waiting:
                (ready,), waiting = ray.wait(waiting)
                waiting += [_submit(unit, shared) for unit in islice(rest, 1)]
                yield _received(ready, folder)
        finally:
            ray.shutdown()


def _submit(unit: Unit, orders: Any) -> Any:
    return _task.remote(unit, orders)


def _received(task: Any, folder: Path) -> UnitReport:
    try:
        done: tuple[UnitReport, bytes] = ray.get(task)
    except ray.exceptions.RayTaskError as error:
        raise CorpusError(f"a task failed: {str(error.cause).splitlines()[0]}") from error
    report, shard = done
    with whole(folder / report.done.unit.file) as partial:
        partial.write_bytes(shard)
    return report


def _make(unit: Unit, orders: Orders) -> tuple[UnitReport, bytes]:
    with tempfile.TemporaryDirectory(prefix="warpsmith-") as folder:
        report = run_unit(unit, _worker(orders), Path(folder))
        return report, (Path(folder) / unit.file).read_bytes()


_task = ray.remote(num_cpus=1, max_retries=-1)(_make)
_workers: dict[tuple[Configuration, Limits], BatchWorker] = {}
"""Of this process of Ray's, which runs one task after the other."""


def _worker(orders: Orders) -> BatchWorker:
    key = (orders.configuration, orders.limits)
    if key not in _workers:
        _workers[key] = BatchWorker(orders).__enter__()
        atexit.register(_workers[key].__exit__, None, None, None)
    return _workers[key]
