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
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from warpsmith.fuzz import own
from warpsmith.fuzz.bucket import bucket, features, slug
from warpsmith.fuzz.case import Case, make_case
from warpsmith.fuzz.finding import Finding
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.known import explanation, may_write_out_of_bounds
from warpsmith.fuzz.lab import Lab
from warpsmith.fuzz.oracles import ORACLES, Oracle
from warpsmith.fuzz.report import REPRODUCER, Evidence, body_lines, confirm, expected_error, page, reproducer, whole
from warpsmith.fuzz.search import Search
from warpsmith.ir.child import memory_of_children, seconds_of_children
from warpsmith.synthesizer.family import Family

BATCH = 40
"""Programs judged together: they are one module; see ``ir.execute``."""


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
    os.dup2(2, 1)  # what Warp and compilers print goes to the standard error, for the standard output is the command's
    _plan = plan
    _lab = Lab(python=plan.python, prelude=plan.prelude).__enter__()
    # Warp's registry, the grammar and what else is imported stays: a collection need not walk through it each time.
    # Trees have no cycles, and a program makes about 50,000 nodes.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Unwinds, so that whatever this process has started ends with it: reproducers, compilers, runners.
    signal.signal(signal.SIGTERM, _end)
    # Not while it ends by itself: whoever has no work left is told to end as well.
    atexit.register(_ended)


def _end(number: int, frame: FrameType | None) -> None:
    assert _lab is not None
    _lab.__exit__(None, None, None)
    # While Python deletes an object it ignores what is raised, and says so: then it is raised again.
    sys.unraisablehook = lambda unraisable: None
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(128 + number))
    signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
    sys.exit(128 + number)


def _ended() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def judge(seeds: Sequence[int]) -> BatchReport:
    """Judge the programs of those seeds by the oracles of the plan."""
    assert _lab is not None
    assert _plan is not None
    return judge_batch(_plan, _lab, seeds)


def judge_batch(plan: Plan, lab: Lab, seeds: Sequence[int]) -> BatchReport:
    """Draw the programs of those seeds and have every oracle look whose turn it is."""
    report = BatchReport(programs=len(seeds), worker=os.getpid())
    if plan.family.judge is not None:
        for seed in seeds:
            with report.timed("oracles"):
                opinions = list(own.judgements(plan.family, seed, plan.oracles))
            for source, opinion in opinions:
                _count(report, seed, source, opinion, "")
        report.memory = memory()
        return report
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
            said = _opinions(oracle, cases, lab)
        for seed, case, (judgement, known) in zip(seeds, cases, said, strict=True):
            if judgement is not None:
                _count(report, seed, case.program.source, judgement, known)
    lab.forget()
    report.memory = memory()
    return report


def _count(report: BatchReport, seed: int, source: str, judgement: Judgement, known: str) -> None:
    report.verdicts[judgement.oracle, judgement.verdict.value] += 1
    if judgement.verdict is Verdict.INCONCLUSIVE:
        report.reasons[judgement.oracle, judgement.message] += 1
    elif judgement.verdict is Verdict.DISAGREE:
        report.disagreements.append(Disagreement(seed, judgement, bucket(judgement, source), known, features(source)))


def _opinions(oracle: Oracle, cases: Sequence[Case], lab: Lab) -> list[tuple[Judgement | None, str]]:
    """What the oracle says of each case, and which known defect explains it, if it disagrees."""
    judgements = list(oracle.judge(cases, lab))
    known = [""] * len(cases)
    values: dict[Case, Judgement] = {}
    for index, (judgement, case) in enumerate(zip(judgements, cases, strict=True)):
        if judgement is not None and judgement.verdict is Verdict.DISAGREE:
            known[index] = _explained(judgement, case, lab)
            if not known[index] and judgement.stage == "value":
                values[case] = judgement
    if oracle.executes:
        values = beside_others(oracle, values, cases, lab)
        judgements = [values.get(case, judgement) for judgement, case in zip(judgements, cases, strict=True)]
    return list(zip(judgements, known, strict=True))


def beside_others(
    oracle: Oracle, judgements: Mapping[Case, Judgement], cases: Sequence[Case], lab: Lab
) -> dict[Case, Judgement]:
    """The oracle's judgements, unless they come of a program of the batch that a known defect lets write anywhere.

    Those who disagree run again without such programs, all in one process.
    """
    lasting = dict(judgements)
    astray = {case for case in cases if may_write_out_of_bounds(case, lab, oracle.name)} if judgements else set()
    calm = [case for case in judgements if case not in astray]
    for asked in (calm, *([case] for case in judgements if case in astray)):
        beside = [case for case in cases if case in asked or case not in astray]
        if not asked or len(beside) == len(cases):
            continue
        with lab.apart():
            again = dict(zip(beside, oracle.judge(beside, lab), strict=True))
        for case in asked:
            second = again[case]
            if second is None or second.verdict is not Verdict.DISAGREE:
                message = "another program of its batch may write anywhere"
                lasting[case] = Judgement(oracle.name, Verdict.INCONCLUSIVE, message=message)
    return lasting


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
    if _plan.family.judge is not None:
        return _shrink_own(_plan, disagreement)
    return shrink_one(_plan, _lab, disagreement)


def _shrink_own(plan: Plan, disagreement: Disagreement) -> Reduction:
    began, spent = time.monotonic(), cpu_seconds()
    finding = own.shrink(plan.family, disagreement.seed, disagreement.judgement, plan.out, plan.shrink_seconds)
    minimal = time.monotonic() - began < plan.shrink_seconds
    return Reduction(finding, disagreement.made_of, minimal, cpu_seconds() - spent)


def shrink_one(plan: Plan, lab: Lab, disagreement: Disagreement) -> Reduction:
    """Shrink one disagreement within its bucket; see :func:`shrink`."""
    began, spent = time.monotonic(), cpu_seconds()
    case = make_case(plan.family.synthesize(disagreement.seed), disagreement.seed)
    search = Search(lab, disagreement.judgement)
    small = search.run(case, plan.shrink_seconds)
    minimal = time.monotonic() - began < plan.shrink_seconds
    evidence = search.evidence(small)
    name = bucket(evidence.judgement, small.program.source)
    finding = Finding(
        bucket=name,
        oracle=evidence.judgement.oracle,
        seed=disagreement.seed,
        known=_explained(evidence.judgement, small, lab),
        lines=body_lines(evidence.case.program.source, small.program.entry),
        symptom=evidence.judgement.said,
    )
    if not finding.known:
        write(plan, evidence, finding)
    lab.forget()
    return Reduction(finding, features(small.program.source), minimal, cpu_seconds() - spent)


def write(plan: Plan, evidence: Evidence, finding: Finding) -> None:
    """Write a finding's folder, its reproducer being confirmed in a fresh process or not."""
    name = slug(finding.bucket)
    with whole(plan.out / name) as folder:
        path = folder / REPRODUCER
        path.write_text(reproducer(evidence, finding.bucket), encoding="utf-8")
        symptom = expected_error(evidence.judgement)
        finding.confirmed, error = confirm(path, plan.python, symptom)
        if not finding.confirmed and plan.python == sys.executable and not evidence.options:
            # As the runner has it compiled: where a value is undefined, optimised code may happen to be right.
            bare = replace(evidence, options={"optimization_level": 0})
            other = folder / f"unoptimised_{REPRODUCER}"
            other.write_text(reproducer(bare, finding.bucket), encoding="utf-8")
            confirmed, complaint = confirm(other, plan.python, symptom)
            if confirmed:
                finding.confirmed, error, evidence = True, complaint, bare
                other.replace(path)
            else:
                other.unlink()
        (folder / "README.md").write_text(page(evidence, finding.bucket, plan.warp, error), encoding="utf-8")
    finding.reproducer = f"{name}/{REPRODUCER}"
