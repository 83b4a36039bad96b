"""What a campaign's worker process does: judge a batch of seeds, and shrink one disagreement."""

from __future__ import annotations

import atexit
import gc
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from warpsmith.fuzz.bucket import bucket, features
from warpsmith.fuzz.finding import Finding
from warpsmith.fuzz.known import explanation, may_write_out_of_bounds
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.report import body_lines
from warpsmith.fuzz.search import Search
from warpsmith.fuzz.session import Session
from warpsmith.ir.child import memory_of_children, seconds_of_children
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

__all__ = ["BatchReport", "Disagreement", "Plan", "Reduction", "Worker", "judge", "shrink", "start"]


@dataclass(frozen=True)
class Disagreement:
    """One program that an oracle disagrees about.

    Attributes:
        seed: of the program.
        judgement: what the oracle says.
        bucket: the bucket's name as far as the unshrunk program tells it.
        known: name of a known defect that may explain it, or ``""``.
        made_of: the unshrunk program's features; see :func:`fuzz.bucket.features`.
    """

    seed: int
    judgement: Judgement
    bucket: str
    known: str
    made_of: frozenset[str] = frozenset()


@dataclass
class BatchReport:
    """What became of a batch.

    Attributes:
        programs: how many there were.
        verdicts: how many judgements of each (oracle, verdict).
        reasons: why judgements were inconclusive, with their oracle.
        disagreements: in the order of seeds.
        seconds: CPU seconds of this process and of its children by what they were spent on: ``generate``,
            ``reference``, ``execute`` (what Warp does: generating code, compiling, launching), then each oracle.
        worker: number of this process.
        memory: MiB that this process has in memory afterwards, and its children together.
    """

    programs: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    worker: int = 0
    memory: tuple[int, int] = (0, 0)

    @contextmanager
    def timed(self, work: str) -> Iterator[None]:
        """Count the CPU time of what is done inside."""
        start = cpu_seconds()
        try:
            yield
        finally:
            self.seconds[work] = self.seconds.get(work, 0.0) + cpu_seconds() - start

    def count(self, seed: int, case: Case, judgement: Judgement, known: str) -> None:
        """Count a judgement, and keep a disagreement."""
        self.verdicts[judgement.oracle, judgement.verdict.value] += 1
        if judgement.verdict is Verdict.INCONCLUSIVE:
            self.reasons[judgement.oracle, judgement.message] += 1
        elif judgement.verdict is Verdict.DISAGREE:
            source = case.program.source
            name = bucket(judgement, source)
            self.disagreements.append(Disagreement(seed, judgement, name, known, features(source)))


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children so far."""
    return time.process_time() + seconds_of_children()


def memory() -> tuple[int, int]:
    """MiB that this process has in memory, and its children together; the most so far where it is not told."""
    try:
        mine = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:  # no Linux; other systems count in bytes
        mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return mine >> 20, memory_of_children() >> 20


@dataclass(frozen=True)
class Reduction:
    """What became of a disagreement that was shrunk.

    Attributes:
        finding: what it came to.
        made_of: features of the shrunk program.
        minimal: whether the reduction went to its end; otherwise time ran out.
        seconds: CPU seconds that it took, those of children included.
    """

    finding: Finding
    made_of: frozenset[str]
    minimal: bool
    seconds: float


class Worker:
    """Judges programs, and shrinks what an oracle disagrees about.

    Args:
        plan: of the campaign.
        session: what its oracles work with.
    """

    def __init__(self, plan: Plan, session: Session) -> None:
        self.plan, self.session = plan, session

    def judge(self, seeds: Sequence[int]) -> BatchReport:
        """Draw the programs of those seeds and have every oracle look whose turn it is."""
        report = BatchReport(programs=len(seeds), worker=os.getpid())
        with report.timed("generate"):
            cases = [self._case(seed) for seed in seeds]
        oracles = self.plan.looking(seeds[0] // self.plan.harness.batch)
        if any(oracle.executes for oracle in oracles):
            with report.timed("reference"):
                self.session.reference(cases)
            with report.timed("execute"):
                self.session.run(cases)
        for oracle in oracles:
            with report.timed(oracle.name):
                judged = self.judgements(oracle, cases)
            for seed, case, (judgement, known) in zip(seeds, cases, judged, strict=True):
                if judgement is not None:
                    report.count(seed, case, judgement, known)
        self.session.forget()
        report.memory = memory()
        return report

    def _case(self, seed: int) -> Case:
        return self.plan.harness.case(self.plan.family.synthesize(seed), seed)

    def judgements(self, oracle: Oracle[Session], cases: Sequence[Case]) -> list[tuple[Judgement | None, str]]:
        """What the oracle says of each case, and which known defect explains it, if it disagrees."""
        judgements = list(oracle.judge(cases, self.session))
        known = [""] * len(cases)
        values: dict[Case, Judgement] = {}
        for index, (judgement, case) in enumerate(zip(judgements, cases, strict=True)):
            if judgement is not None and judgement.verdict is Verdict.DISAGREE:
                known[index] = explanation(judgement, case, self.session, oracle.judge)
                if not known[index] and judgement.stage is Stage.VALUE:
                    values[case] = judgement
        if oracle.executes:
            values = self._beside_others(oracle, values, cases)
            judgements = [values.get(case, judgement) for judgement, case in zip(judgements, cases, strict=True)]
        return list(zip(judgements, known, strict=True))

    def _beside_others(
        self, oracle: Oracle[Session], judgements: Mapping[Case, Judgement], cases: Sequence[Case]
    ) -> dict[Case, Judgement]:
        """The oracle's judgements, unless a program of the batch that a known defect lets write anywhere explains them.

        Those who disagree run again without such programs, all in one process.
        """
        lasting = dict(judgements)
        wild = (
            {case for case in cases if may_write_out_of_bounds(case, self.session, oracle.name)}
            if judgements
            else set()
        )
        calm = [case for case in judgements if case not in wild]
        for asked in (calm, *([case] for case in judgements if case in wild)):
            beside = [case for case in cases if case in asked or case not in wild]
            if not asked or len(beside) == len(cases):
                continue
            with self.session.apart():
                again = dict(zip(beside, oracle.judge(beside, self.session), strict=True))
            for case in asked:
                second = again[case]
                if second is None or second.verdict is not Verdict.DISAGREE:
                    message = "another program of its batch may write anywhere"
                    lasting[case] = Judgement(oracle.name, Verdict.INCONCLUSIVE, message=message)
        return lasting

    def shrink(self, disagreement: Disagreement) -> Reduction:
        """Shrink one disagreement within its bucket, and write its folder if no known defect explains it."""
        began, spent = time.monotonic(), cpu_seconds()
        search = Search(self.plan.harness, self.session, disagreement.judgement)
        small = search.run(self._case(disagreement.seed), self.plan.shrink_seconds)
        minimal = time.monotonic() - began < self.plan.shrink_seconds
        evidence = search.evidence(small)
        judgement, source = evidence.judgement, small.program.source
        finding = Finding(
            bucket=bucket(judgement, source),
            oracle=judgement.oracle,
            seed=disagreement.seed,
            known=explanation(judgement, small, self.session, search.oracle.judge),
            lines=body_lines(evidence.case.program.source, small.program.entry),
            symptom=judgement.said,
        )
        if not finding.known:
            finding.write(self.plan, evidence)
        self.session.forget()
        return Reduction(finding, features(source), minimal, cpu_seconds() - spent)


_worker: Worker | None = None


def start(plan: Plan) -> None:
    """In a fresh worker process: start a session."""
    global _worker
    os.dup2(2, 1)  # what Warp and compilers print goes to the standard error, for the standard output is the command's
    _worker = Worker(plan, Session(python=plan.python, prelude=plan.prelude).__enter__())
    # Warp's registry, the grammar and what else is imported stays: a collection need not walk through it each time.
    # Trees have no cycles, and a program makes about 50,000 nodes.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Unwinds, so that whatever this process has started ends with it: reproducers, compilers, runners.
    signal.signal(signal.SIGTERM, _end)
    # Not while it ends by itself: whoever has no work left is told to end as well.
    atexit.register(_ended)


def _end(number: int, frame: FrameType | None) -> None:
    assert _worker is not None
    _worker.session.__exit__(None, None, None)
    # While Python deletes an object it ignores what is raised, and says so: then it is raised again.
    sys.unraisablehook = lambda unraisable: None
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(128 + number))
    signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
    sys.exit(128 + number)


def _ended() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def judge(seeds: Sequence[int]) -> BatchReport:
    """In a worker process: judge the programs of those seeds."""
    assert _worker is not None
    return _worker.judge(seeds)


def shrink(disagreement: Disagreement) -> Reduction:
    """In a worker process: shrink one disagreement."""
    assert _worker is not None
    return _worker.shrink(disagreement)
