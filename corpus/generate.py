"""The main job: units through worker processes, each journalled when it is done, and the merge at the end."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from warpsmith.corpus.folder import Folder, Manifest
from warpsmith.corpus.merge import merge
from warpsmith.corpus.row import GENERATED
from warpsmith.corpus.shard import Task, UnitReport, run_unit
from warpsmith.corpus.unit import Request, Unit, plan
from warpsmith.errors import CorpusError
from warpsmith.synthesizer.family import Family

_LIFETIME = {"generated": 2_000, "native": 200}
"""Programs after which a worker makes way for a fresh one, without and with native compilation.

The native compilers do not give back all they take: some 150 MB in 320 large programs at ptx, next to nothing in small
ones, and 25 MB in 900 programs without them. A fresh worker costs two seconds.
"""


@dataclass
class RunSummary:
    """How a run went.

    Attributes:
        manifest: of the finished corpus.
        resumed: seeds that an earlier run had done.
        made: seeds that this run did.
        seconds: CPU seconds of the workers, by stage.
    """

    manifest: Manifest
    resumed: int = 0
    made: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, report: UnitReport) -> None:
        """Count a unit that this run has done."""
        self.made += report.done.count
        for stage, seconds in report.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


def generate(
    request: Request, family: Family, path: Path, *, jobs: int, progress: Callable[[int], None] = lambda seeds: None
) -> RunSummary:
    """Make a corpus, or the rest of one.

    The same request gives the same bytes, whatever the number of workers and however often it was interrupted.

    Args:
        request: what to make.
        family: the family that the request names.
        path: the folder; absent, empty, or of the same request.
        jobs: number of worker processes.
        progress: told how many more seeds are done.

    Raises:
        FolderError: the folder cannot be used.
        CorpusError: a worker died, or drawing a program failed.
        OSError: the disk is full, or failed otherwise; what was finished is kept.
    """
    folder = Folder(path)
    outcome = RunSummary(folder.claim(request))
    if outcome.manifest.finished:
        return outcome
    units = plan(request.seed, request.count)
    with folder.working():
        finished = folder.done(units)
        outcome.resumed = sum(unit.count for unit in finished)
        progress(outcome.resumed)
        rest = [unit for unit in units if unit not in finished]
        tasks = [Task(unit, family, request.configuration, folder.units) for unit in rest]
        with closing(_run(tasks, min(jobs, len(tasks)))) as reports:
            for report in reports:
                folder.record(report.done)
                outcome.add(report)
                progress(report.done.count)
        outcome.manifest = merge(folder, request, units)
        folder.finish(outcome.manifest)
    return outcome


def _run(tasks: list[Task], jobs: int) -> Generator[UnitReport, None, None]:
    """Reports of the tasks as they finish; whatever ends the iteration ends the workers too."""
    if not tasks:
        return
    with (
        tempfile.TemporaryDirectory(prefix="warpsmith-") as scratch,
        _pool(jobs, scratch, _tasks_of_a_life(tasks[0])) as pool,
    ):
        with _undisturbed():
            futures = {pool.schedule(run_unit, args=(task,)): task.unit for task in tasks}
        waiting = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED)
            # A pool whose workers die before they take a task breaks without telling those who wait.
            if not finished and not pool.active:
                raise CorpusError("the worker processes could not start")
            for future in finished:
                try:
                    yield future.result()
                except (ProcessExpired, BrokenExecutor) as error:
                    raise CorpusError(_obituary(futures[future], error)) from error


def _tasks_of_a_life(task: Task) -> int:
    configuration = task.configuration
    generated = configuration.check == "codegen" and GENERATED.issuperset(configuration.levels)
    return max(1, _LIFETIME["generated" if generated else "native"] // task.unit.count)


@contextmanager
def _pool(jobs: int, scratch: str, lifetime: int) -> Iterator[ProcessPool]:
    # Spawned, not forked: forking a process that has threads and Warp's libraries in it is asking for a deadlock.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(jobs, max_tasks=lifetime, initializer=_prepare, initargs=(scratch,), context=context)
    try:
        yield pool
        pool.close()
    finally:
        pool.stop()
        pool.join()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start workers whole, and deaf to Ctrl-C; a signal that comes meanwhile is delivered afterwards.

    Ctrl-C reaches the whole process group, and it is for the parent alone to end the workers. A process inherits its
    signal mask from the thread that starts it, so these do not hear it even while they are still importing.
    """
    late: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda number, frame: late.append(number)) if is_main else None
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number in late:
            signal.raise_signal(number)


def _prepare(scratch: str) -> None:
    """In a worker: compilers' temporary files go where the parent removes them, even if the worker is killed."""
    tempfile.tempdir = scratch


def _obituary(unit: Unit, error: BaseException) -> str:
    how = f"died with exit code {error.exitcode}" if isinstance(error, ProcessExpired) else "could not start"
    seeds = f"{unit.first} to {unit.first + unit.count - 1}"
    return f"a worker {how} on seeds {seeds}; run the same command again to resume"
