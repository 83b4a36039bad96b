"""A campaign: batches of programs through worker processes, each new bucket shrunk, what was found kept at once."""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from pebble import ProcessPool

from fuzz import worker
from fuzz.bucket import VALUE_STAGES, features
from fuzz.finding import Finding
from fuzz.worker import BATCH, BatchReport, Disagreement, Plan
from warpsmith_errors import WarpsmithError

_ATTRIBUTED_AFTER = 3
"""So many shrunk disagreements fill a bucket before others that have all its features count there unshrunk."""


class CampaignError(WarpsmithError):
    """A worker process of a campaign died, or failed at something that is ours."""


class PlaceError(CampaignError):
    """The folder is no place for a campaign; nothing was written."""


@dataclass
class Budget:
    """How long a campaign goes on: until the first of the two limits; ``None`` is no limit."""

    seconds: float | None = None
    examples: int | None = None


@dataclass
class Tally:
    """What a campaign has seen so far.

    Attributes:
        programs: how many were judged.
        seconds: wall-clock time.
        verdicts: judgements by (oracle, verdict).
        reasons: inconclusive judgements by (oracle, reason).
        findings: by bucket.
        known: disagreements that a known defect explains, by its name.
        unshrunk: disagreements that the budget left unshrunk.
        cpu: CPU seconds of the workers by stage.
    """

    programs: int = 0
    seconds: float = 0.0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    known: Counter[str] = field(default_factory=Counter)
    unshrunk: list[Disagreement] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and for the campaign's file."""
        totals: Counter[str] = Counter()
        by_oracle: dict[str, dict[str, int]] = {}
        for (oracle, verdict), count in sorted(self.verdicts.items()):
            totals[verdict] += count
            by_oracle.setdefault(oracle, {})[verdict] = count
        return {
            "programs": self.programs,
            "seconds": round(self.seconds, 3),
            "verdicts": {name: totals[name] for name in ("agree", "disagree", "inconclusive")},
            "oracles": by_oracle,
            "inconclusive": [
                {"oracle": oracle, "reason": reason, "count": count}
                for (oracle, reason), count in self.reasons.most_common()
            ],
            "findings": [asdict(finding) for finding in self.findings.values()],
            "known": dict(self.known.most_common()),
            "unshrunk": [{"seed": d.seed, "bucket": d.bucket, "where": d.judgement.where} for d in self.unshrunk],
            "cpu_seconds": {stage: round(seconds, 3) for stage, seconds in sorted(self.cpu.items())},
        }


class Campaign:
    """One campaign; :meth:`run` it once.

    Args:
        plan: what the workers do.
        seed: the first seed; batch after batch takes the next ten.
        budget: when to stop.
        jobs: worker processes.
        progress: told after every report.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        seed: int,
        budget: Budget,
        jobs: int,
        progress: Callable[[Tally], None] = lambda tally: None,
    ) -> None:
        self.plan, self.seed, self.budget, self.jobs, self.progress = plan, seed, budget, jobs, progress
        self.tally = Tally()
        self._next = seed
        self._backlog: list[Disagreement] = []
        self._attributed: Counter[str] = Counter()
        self._features: dict[str, tuple[frozenset[str], str]] = {}

    def run(self) -> Tally:
        """Run until the budget is used up.

        Raises:
            PlaceError: the folder is in use or holds something else.
            CampaignError: a worker died.
        """
        with _locked(self.plan.out), _pool(self.plan, self.jobs) as pool:
            start = time.monotonic()
            try:
                self._loop(pool, start)
            finally:
                self.tally.seconds = time.monotonic() - start
                self.tally.unshrunk += self._backlog
                self._save()
        return self.tally

    def _loop(self, pool: ProcessPool, start: float) -> None:
        running: dict[Future[Any], Disagreement | None] = {}
        while True:
            self.tally.seconds = time.monotonic() - start
            while len(running) < self.jobs + 1 and (task := self._task(running)) is not None:
                function, argument = task
                future = pool.schedule(function, args=(argument,))
                running[future] = argument if isinstance(argument, Disagreement) else None
            if not running:
                return
            finished, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
            if not finished and not pool.active:
                raise CampaignError("the worker processes could not start")
            for future in finished:
                self._take(future, running.pop(future))
            self.progress(self.tally)

    def _task(self, running: dict[Future[Any], Disagreement | None]) -> tuple[Callable[..., Any], Any] | None:
        """What to do next: shrink, but leave at least one worker to look for more; then judge."""
        shrinking = sum(disagreement is not None for disagreement in running.values())
        over = self._over()
        if self._backlog and (shrinking < max(1, self.jobs // 2) or over):
            return worker.shrink, self._backlog.pop(0)
        if over:
            return None
        count = BATCH if self.budget.examples is None else min(BATCH, self.seed + self.budget.examples - self._next)
        seeds = list(range(self._next, self._next + count))
        self._next += count
        return worker.judge, seeds

    def _over(self) -> bool:
        seconds, examples = self.budget.seconds, self.budget.examples
        return (seconds is not None and self.tally.seconds >= seconds) or (
            examples is not None and self._next >= self.seed + examples
        )

    def _take(self, future: Future[Any], disagreement: Disagreement | None) -> None:
        try:
            result = future.result()
        except Exception as error:
            what = f"shrinking seed {disagreement.seed}" if disagreement else "judging a batch"
            raise CampaignError(f"{what}: {type(error).__name__}: {error}") from error
        if isinstance(result, BatchReport):
            self._count(result)
        else:
            self._keep(result)

    def _count(self, report: BatchReport) -> None:
        self.tally.programs += report.programs
        for mine, theirs in (
            (self.tally.verdicts, report.verdicts),
            (self.tally.reasons, report.reasons),
        ):
            mine.update(theirs)
        for stage, seconds in report.seconds.items():
            self.tally.cpu[stage] = self.tally.cpu.get(stage, 0.0) + seconds
        for disagreement in report.disagreements:
            self._sort(disagreement)

    def _sort(self, disagreement: Disagreement) -> None:
        if disagreement.known:
            self.tally.known[disagreement.known] += 1
            return
        same = self._same(disagreement)
        if same is not None:
            self.tally.findings[same].count += 1
        else:
            self._backlog.append(disagreement)

    def _same(self, disagreement: Disagreement) -> str | None:
        """The bucket that a disagreement is counted in without shrinking it, if any."""
        if disagreement.judgement.stage not in VALUE_STAGES:
            waiting = any(other.bucket == disagreement.bucket for other in self._backlog)
            return disagreement.bucket if disagreement.bucket in self.tally.findings and not waiting else None
        program = features(self.plan.family.synthesize(disagreement.seed).source)
        for name, (made_of, oracle) in self._features.items():
            often = self._attributed[name] >= _ATTRIBUTED_AFTER
            if often and oracle == disagreement.judgement.oracle and made_of <= program:
                return name
        return None

    def _keep(self, finding: Finding) -> None:
        if finding.known:
            self.tally.known[finding.known] += 1
        elif finding.bucket in self.tally.findings:
            self.tally.findings[finding.bucket].count += 1
        else:
            self.tally.findings[finding.bucket] = finding
            self._features[finding.bucket] = (self._made_of(finding), finding.oracle)
        self._attributed[finding.bucket] += 1
        self._save()

    def _made_of(self, finding: Finding) -> frozenset[str]:
        text = (self.plan.out / finding.reproducer).read_text(encoding="utf-8")
        return features(text.partition("class TestFinding")[0])

    def _save(self) -> None:
        path = self.plan.out / "campaign.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(self.tally.as_json() | {"seed": self.seed}, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, path)


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
    pool = ProcessPool(jobs, initializer=worker.start, initargs=(plan,), context=context)
    try:
        pool.active  # noqa: B018  # starts the pool while the signal is blocked
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield pool
        pool.close()
    finally:
        pool.stop()
        pool.join()
