"""Who makes units: processes of this machine. Another engine takes the same units, and gives the same reports."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from warpsmith.corpus.shard import UnitReport, run_unit
from warpsmith.corpus.unit import Unit
from warpsmith.corpus.worker import BatchWorker, Orders, WorkerStopped


class Engine(Protocol):
    """Makes units and puts their shards into a folder."""

    @property
    def jobs(self) -> int:
        """How many units it makes at a time."""

    def run(self, units: Sequence[Unit], orders: Orders, folder: Path) -> Generator[UnitReport, None, None]:
        """Reports of the units as they are done; whatever ends the iteration ends the work too."""


class LocalEngine:
    """Worker processes, each watched by a thread of this process.

    Args:
        jobs: how many.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs

    def run(self, units: Sequence[Unit], orders: Orders, folder: Path) -> Generator[UnitReport, None, None]:
        """See :class:`Engine`."""
        waiting: queue.SimpleQueue[Unit] = queue.SimpleQueue()
        reports: queue.SimpleQueue[UnitReport | BaseException] = queue.SimpleQueue()
        for unit in units:
            waiting.put(unit)
        with ExitStack() as stack:
            workers = [stack.enter_context(BatchWorker(orders)) for _ in range(min(self.jobs, len(units)))]
            threads = [threading.Thread(target=_watch, args=(w, waiting, folder, reports)) for w in workers]
            stack.callback(_end, workers, threads)  # before they start: a signal may come at any moment
            for thread in threads:
                thread.start()
            for _ in units:
                report = reports.get()
                if isinstance(report, BaseException):
                    raise report
                yield report


def _end(workers: Sequence[BatchWorker], threads: Sequence[threading.Thread]) -> None:
    for worker in workers:
        worker.stop()
    for thread in threads:
        if thread.ident is not None:
            thread.join()


def _watch(
    worker: BatchWorker,
    waiting: queue.SimpleQueue[Unit],
    folder: Path,
    reports: queue.SimpleQueue[UnitReport | BaseException],
) -> None:
    try:
        while True:
            reports.put(run_unit(waiting.get_nowait(), worker, folder))
    except queue.Empty:
        return
    except WorkerStopped:
        return
    except BaseException as error:  # noqa: BLE001  # the thread that waits for reports raises it
        reports.put(error)
