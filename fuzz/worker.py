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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from fuzz.bucket import bucket, features, slug
from fuzz.case import Case, make_case
from fuzz.finding import Finding
from fuzz.judgement import Judgement, Verdict
from fuzz.known import explanation
from fuzz.lab import Lab
from fuzz.oracles import ORACLES
from fuzz.reduce import Candidate, reduce
from fuzz.report import Evidence, body_lines, confirm, page, reproducer
from ir.child import memory_of_children, seconds_of_children
from synthesizer.family import Family
from synthesizer.reference import Outcome

BATCH = 10
"""Programs judged together; a native compiler is cheapest on modules of about ten kernels."""


@dataclass(frozen=True)
class Plan:
    """What every worker of a campaign needs to know.

    Attributes:
        family: the family of programs.
        oracles: names of the oracles that look.
        python: the interpreter whose Warp is judged.
        warp: the version of that Warp.
        out: folder of the findings.
        shrink_seconds: time for one reduction.
        prelude: executed in the child processes first; see :class:`~ir.execute.Executor`.
    """

    family: Family
    oracles: tuple[str, ...]
    python: str
    warp: str
    out: Path
    shrink_seconds: float = 60.0
    prelude: Path | None = None


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
        seconds: CPU seconds of this process and of its children, by stage: ``generate``, ``reference``, ``execute``
            (what Warp does: generating code, compiling, launching), then a stage per oracle.
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
    def timed(self, stage: str) -> Iterator[None]:
        """Count the CPU time of what is done inside."""
        start = cpu_seconds()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + cpu_seconds() - start


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


_lab: Lab | None = None
_plan: Plan | None = None


def start(plan: Plan) -> None:
    """In a fresh worker process: make the laboratory."""
    global _lab, _plan
    _plan = plan
    _lab = Lab(python=plan.python, prelude=plan.prelude).__enter__()
    # Warp's registry, the grammar and what else is imported stays: a collection need not walk through it each time.
    # Trees have no cycles, and a program makes about 50,000 nodes.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Unwinds, so that whatever this process has started ends with it: reproducers, compilers, runners.
    signal.signal(signal.SIGTERM, _end)
    # Not while it ends by itself: whoever has no work left is told to end as well.
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    assert _lab is not None
    _lab.__exit__(None, None, None)
    sys.exit(128 + number)


def judge(seeds: Sequence[int]) -> BatchReport:
    """Judge the programs of those seeds by the oracles of the plan."""
    assert _lab is not None
    assert _plan is not None
    return judge_batch(_plan, _lab, seeds)


def judge_batch(plan: Plan, lab: Lab, seeds: Sequence[int]) -> BatchReport:
    """Draw the programs of those seeds and have every oracle look whose turn it is."""
    report = BatchReport(programs=len(seeds), worker=os.getpid())
    with report.timed("generate"):
        cases = [make_case(plan.family.synthesize(seed), seed) for seed in seeds]
    turn = seeds[0] // BATCH
    oracles = [ORACLES[name] for name in plan.oracles if turn % ORACLES[name].every == 0]
    if any(oracle.executes for oracle in oracles):
        with report.timed("reference"):
            lab.reference(cases)
        with report.timed("execute"):
            lab.run(cases)
    for oracle in oracles:
        with report.timed(oracle.name):
            judgements = oracle.judge(cases, lab)
        for seed, case, judgement in zip(seeds, cases, judgements, strict=True):
            if judgement is not None:
                _count(report, seed, case, judgement, lab)
    lab.forget()
    report.memory = memory()
    return report


def _count(report: BatchReport, seed: int, case: Case, judgement: Judgement, lab: Lab) -> None:
    report.verdicts[judgement.oracle, judgement.verdict.value] += 1
    if judgement.verdict is Verdict.INCONCLUSIVE:
        report.reasons[judgement.oracle, judgement.message] += 1
    elif judgement.verdict is Verdict.DISAGREE:
        source = case.program.source
        report.disagreements.append(
            Disagreement(seed, judgement, bucket(judgement, source), _explained(judgement, case, lab), features(source))
        )


def _explained(judgement: Judgement, case: Case, lab: Lab) -> str:
    return explanation(judgement, case, lab, ORACLES[judgement.oracle].judge)


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


def shrink(disagreement: Disagreement) -> Reduction:
    """Shrink one disagreement, write its folder, and confirm it in a fresh process."""
    assert _lab is not None
    assert _plan is not None
    return shrink_one(_plan, _lab, disagreement)


def shrink_one(plan: Plan, lab: Lab, disagreement: Disagreement) -> Reduction:
    """Shrink one disagreement within its bucket; see :func:`shrink`."""
    began, spent = time.monotonic(), cpu_seconds()
    case = make_case(plan.family.synthesize(disagreement.seed), disagreement.seed)
    search = _Search(lab, disagreement.judgement)
    small = search.run(case, plan.shrink_seconds)
    minimal = time.monotonic() - began < plan.shrink_seconds
    evidence = search.evidence(small)
    name = bucket(evidence.judgement, small.program.source)
    finding = Finding(
        bucket=name,
        oracle=evidence.judgement.oracle,
        seed=disagreement.seed,
        known=_explained(evidence.judgement, small, lab),
        lines=body_lines(small.program.source, small.program.entry),
        symptom=evidence.judgement.message
        or f"{evidence.judgement.where}: expected {evidence.judgement.expected}, got {evidence.judgement.actual}",
    )
    if not finding.known:
        _write(plan, evidence, finding)
    lab.forget()
    return Reduction(finding, features(small.program.source), minimal, cpu_seconds() - spent)


def _write(plan: Plan, evidence: Evidence, finding: Finding) -> None:
    folder = plan.out / slug(finding.bucket)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "test_finding.py"
    path.write_text(reproducer(evidence, finding.bucket), encoding="utf-8")
    finding.confirmed, error = confirm(path, plan.python)
    (folder / "README.md").write_text(page(evidence, finding.bucket, plan.warp, error), encoding="utf-8")
    finding.reproducer = str(path.relative_to(plan.out))


class _Search:
    """Keeps a reduction within its bucket, and remembers what came near."""

    def __init__(self, lab: Lab, judgement: Judgement) -> None:
        self.lab, self.symptom = lab, judgement.symptom
        self.words = bucket(judgement, "")
        self.judge: Callable[..., Sequence[Judgement | None]] = ORACLES[judgement.oracle].judge
        self.agreeing: list[str] = []

    def run(self, case: Case, seconds: float) -> Case:
        """The smallest case found; it has one input set."""
        singles = [replace(case, sets=(data,)) for data in case.sets]
        hits = [single for single, hit in zip(singles, self._interesting(singles), strict=True) if hit]
        if not hits:
            return case
        first = hits[0]

        def cases(candidates: Sequence[Candidate]) -> list[Case]:
            return [first.pruned(candidate.program, candidate.data) for candidate in candidates]

        smallest = reduce(
            Candidate(first.program, first.sets[0]),
            lambda candidates: self._interesting(cases(candidates)),
            seconds=seconds,
        )
        return cases([smallest])[0]

    def _interesting(self, cases: Sequence[Case]) -> list[bool]:
        judgements = self.judge(cases, self.lab)
        self.agreeing += [
            case.program.source
            for case, judgement in zip(cases, judgements, strict=True)
            if judgement is not None and judgement.verdict is Verdict.AGREE
        ]
        self.lab.forget()
        return [self._same(judgement) for judgement in judgements]

    def _same(self, judgement: Judgement | None) -> bool:
        return (
            judgement is not None
            and judgement.verdict is Verdict.DISAGREE
            and judgement.symptom == self.symptom
            and bucket(judgement, "") == self.words
        )

    def evidence(self, case: Case) -> Evidence:
        """What is to be reported of the smallest case."""
        judgement = self.judge([case], self.lab)[0]
        assert judgement is not None
        outcome = self.lab.reference([case])[0][0]
        return Evidence(
            case,
            judgement,
            outcome if isinstance(outcome, Outcome) else None,
            neighbour=_nearest(case.program.source, self.agreeing),
        )


def _nearest(source: str, others: Sequence[str]) -> str:
    """The one of ``others`` that shares most lines with ``source``."""
    lines = source.splitlines()

    def distance(other: str) -> int:
        theirs = other.splitlines()
        return len(set(lines) ^ set(theirs)) + abs(len(lines) - len(theirs))

    return min(others, key=distance, default="")
