"""A campaign: batches of programs through worker processes, each new bucket shrunk, what was found kept at once."""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from pebble import ProcessPool

from warpsmith.errors import UsageError, WarpsmithError
from warpsmith.fuzz import worker
from warpsmith.fuzz.causes import CERTAIN, Causes
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.statistics import ATTRIBUTED, FAILED, KNOWN, SHRINKING, SHRUNK, WAITING, Fate, Omission, Statistics
from warpsmith.fuzz.worker import BatchReport, Reduction

PATIENCE = 900.0
"""Seconds after which a worker that has not answered is killed; a batch takes some ten, on a busy machine a hundred."""
HOPELESS = 10
"""So many failures before any program was judged end the campaign."""
NOVEL, AGAIN = 1 / 2, 1 / 4
"""Shares of the workers' time that reductions may take while programs are looked for: of disagreements that no bucket
explains, and of others."""
GRACE = 1 / 4
"""For how long after its budget a campaign still shrinks what no bucket explains, as a share of the time so far."""


class CampaignError(WarpsmithError):
    """The worker processes of a campaign could not start, or nothing that they were given could be judged."""


class PlaceError(CampaignError, UsageError):
    """The folder is no place for a campaign; nothing was written."""


@dataclass
class CampaignBudget:
    """How long a campaign goes on: until the first of the two limits; ``None`` is no limit."""

    seconds: float | None = None
    examples: int | None = None


@dataclass(frozen=True)
class _Task:
    """What a worker is doing: judging seeds, or shrinking."""

    seeds: Sequence[int]
    fate: Fate | None
    start: float


class Campaign:
    """One campaign; :meth:`run` it once.

    Args:
        plan: what the workers do.
        seed: the first seed; batch after batch takes the next ones.
        budget: when to stop.
        jobs: worker processes.
        progress: told after every report.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        seed: int,
        budget: CampaignBudget,
        jobs: int,
        progress: Callable[[Statistics], None] = lambda statistics: None,
    ) -> None:
        self.plan, self.seed, self.budget, self.jobs, self.progress = plan, seed, budget, jobs, progress
        self.statistics = Statistics()
        self._next = seed
        self._suspects: list[int] = []
        self._backlog: list[Fate] = []
        self._causes = Causes()
        self._running: dict[Future[Any], _Task] = {}
        self._shrinking = 0.0
        self._start = 0.0
        self._end: float | None = None

    def run(self) -> Statistics:
        """Run until the budget is used up.

        A program that kills its worker, or that fails at something of ours, is left out and named in the statistics.
        The campaign goes on.

        Raises:
            PlaceError: the folder is in use or holds something else.
            CampaignError: the workers could not start, or nothing could be judged.
        """
        with _locked(self.plan.out), _pool(self.plan, self.jobs) as pool:
            self._start = time.monotonic()
            try:
                self._loop(pool)
            finally:
                self.statistics.seconds = self._now()
                for fate in self.statistics.fates:
                    fate.fate = WAITING if fate.fate == SHRINKING else fate.fate
                self._save()
        return self.statistics

    def _now(self) -> float:
        return time.monotonic() - self._start

    def _loop(self, pool: ProcessPool) -> None:
        while True:
            self.statistics.seconds = self._now()
            while len(self._running) < self.jobs + 1 and self._schedule(pool):
                pass
            if not self._running:
                return
            finished, _ = wait(self._running, timeout=1.0, return_when=FIRST_COMPLETED)
            if not finished and not pool.active:
                raise CampaignError("the worker processes could not start")
            for future in finished:
                self._take(future, self._running.pop(future))
            self.progress(self.statistics)

    def _schedule(self, pool: ProcessPool) -> bool:
        """Give the workers something to do, if there is anything left."""
        if (fate := self._to_shrink()) is not None:
            self._backlog.remove(fate)
            fate.fate = SHRINKING
            self._save()
            future = pool.schedule(
                worker.shrink, args=(fate.disagreement,), timeout=self.plan.shrink_seconds + PATIENCE
            )
            self._running[future] = _Task((), fate, self._now())
        elif seeds := self._to_judge():
            future = pool.schedule(worker.judge, args=(seeds,), timeout=PATIENCE)
            self._running[future] = _Task(seeds, None, self._now())
        else:
            return False
        return True

    def _to_judge(self) -> Sequence[int]:
        """The next seeds: each alone, where judging several has failed."""
        if self._suspects:
            return [self._suspects.pop(0)]
        if self._over():
            return ()
        batch = self.plan.harness.batch
        count = batch if self.budget.examples is None else min(batch, self.seed + self.budget.examples - self._next)
        self._next += count
        return range(self._next - count, self._next)

    def _to_shrink(self) -> Fate | None:
        """The disagreement to shrink next, if it is time for one.

        At least one worker looks for more until the budget is used up, and shrinking has a share of the time. Then
        there is a grace for what no bucket explains.
        """
        over = self._over()
        self._attribute(certain=1 if over else CERTAIN)
        running = {task.fate.disagreement.bucket: task for task in self._running.values() if task.fate is not None}
        if len(running) >= (self.jobs if over else max(1, self.jobs // 2)):
            return None
        found = self._causes.next([fate.disagreement for fate in self._backlog], running)
        if found is None:
            return None
        used = self._shrinking + sum(self._now() - task.start for task in running.values())
        if over:
            assert self._end is not None
            late = self._now() - self._end > max(2 * self.plan.shrink_seconds, GRACE * self._end)
        else:
            novel = self._causes.of(found, 1) is None
            late = bool(self._shrinking) and used > (NOVEL if novel else AGAIN) * self.jobs * self._now()
        return None if late else next(fate for fate in self._backlog if fate.disagreement is found)

    def _attribute(self, certain: int) -> None:
        """Count those that wait where a bucket explains them."""
        for fate in list(self._backlog):
            cause = self._causes.of(fate.disagreement, certain)
            if cause is not None:
                fate.fate, fate.cause = ATTRIBUTED, cause
                self.statistics.findings[cause].count += 1
                self._backlog.remove(fate)

    def _over(self) -> bool:
        seconds, examples = self.budget.seconds, self.budget.examples
        if self._end is None and (
            (seconds is not None and self.statistics.seconds >= seconds)
            or (examples is not None and self._next >= self.seed + examples)
        ):
            self._end = self._now()
        return self._end is not None

    def _take(self, future: Future[Any], task: _Task) -> None:
        error = future.exception()
        if error is not None:
            self._failed(task, f"{type(error).__name__}: {error}", getattr(error, "traceback", ""))  # Pebble's
        elif task.fate is None:
            self._count(future.result())
        else:
            self._keep(task.fate, future.result())
        self._save()

    def _failed(self, task: _Task, error: str, traceback: str) -> None:
        if task.fate is not None:
            self._shrinking += self._now() - task.start
            task.fate.fate = FAILED
            self.statistics.failures.append(Omission(task.fate.disagreement.seed, "shrinking", error, traceback))
        elif len(task.seeds) > 1:
            self._suspects += task.seeds
        else:
            self.statistics.failures.append(Omission(task.seeds[0], "judging", error, traceback))
        if not self.statistics.programs and len(self.statistics.failures) >= HOPELESS:
            raise CampaignError(f"judging seed {self.statistics.failures[0].seed}: {self.statistics.failures[0].error}")

    def _count(self, report: BatchReport) -> None:
        self.statistics.count(report)
        for disagreement in report.disagreements:
            fate = Fate(disagreement)
            self.statistics.fates.append(fate)
            if disagreement.known:
                fate.fate, fate.cause = KNOWN, disagreement.known
                self.statistics.known[disagreement.known] += 1
            else:
                self._backlog.append(fate)

    def _keep(self, fate: Fate, reduction: Reduction) -> None:
        finding = reduction.finding
        self._shrinking += reduction.seconds  # and not the time since it was scheduled: it may have waited for a batch
        self.statistics.cpu["shrink"] = self.statistics.cpu.get("shrink", 0.0) + reduction.seconds
        if finding.known:
            fate.fate, fate.cause = KNOWN, finding.known
            self.statistics.known[finding.known] += 1
            return
        bucket = self._causes.found(fate.disagreement, finding, reduction.made_of, reduction.minimal)
        fate.fate, fate.cause = SHRUNK, bucket
        if bucket in self.statistics.findings:
            self.statistics.findings[bucket].count += 1
        else:
            self.statistics.findings[bucket] = finding

    def _save(self) -> None:
        path = self.plan.out / "campaign.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(self.report(), indent=1) + "\n", encoding="utf-8")
        os.replace(partial, path)

    def report(self) -> dict[str, Any]:
        """What was asked and what was seen so far; :mod:`warpsmith.fuzz.record` makes a row of it."""
        plan = self.plan
        asked = {
            "date": date.today().isoformat(),
            "family": plan.family.name,
            "version": plan.family.version,
            "warp": plan.warp,
            "elsewhere": plan.python != sys.executable,  # and not which: a path says nothing on another machine
            "seed": self.seed,
            "oracles": list(plan.oracles),
            **asdict(self.budget),
            "jobs": self.jobs,
        }
        return {"campaign": asked, **self.statistics.as_json()}


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[TextIO]:
    """Hold the folder for one campaign."""
    if folder.exists() and not folder.is_dir():
        raise PlaceError(f"{folder} is not a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ".lock").exists():
        raise PlaceError(f"{folder} holds something else than a campaign; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PlaceError(f"{folder} is in use by another campaign") from error
        yield lock


@contextlib.contextmanager
def _pool(plan: Plan, jobs: int) -> Iterator[ProcessPool]:
    # Spawned, not forked: a process that has threads and Warp's libraries in it does not survive forking.
    context = multiprocessing.get_context("spawn")
    # A process inherits its signal mask: Ctrl-C reaches the whole group, and is for the parent alone to act on.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    lifetime = plan.harness.lifetime // plan.harness.batch
    pool = ProcessPool(jobs, max_tasks=lifetime, initializer=worker.start, initargs=(plan,), context=context)
    try:
        pool.active  # noqa: B018  # starts the pool while the signal is blocked
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield pool
        pool.close()
    finally:
        pool.stop()
        pool.join()
