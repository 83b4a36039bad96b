"""What a campaign's worker process does: judge a batch of seeds, and shrink one disagreement."""

from __future__ import annotations

import ast
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fuzz import own
from fuzz.bucket import bucket, slug
from fuzz.case import Case, make_case
from fuzz.finding import Finding
from fuzz.judgement import Judgement, Verdict
from fuzz.known import KNOWN
from fuzz.lab import Lab
from fuzz.oracles import ORACLES
from fuzz.reduce import Candidate, reduce
from fuzz.report import Evidence, body_lines, confirm, page, reproducer
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
    """

    seed: int
    judgement: Judgement
    bucket: str
    known: str


@dataclass
class BatchReport:
    """What became of a batch.

    Attributes:
        programs: how many there were.
        verdicts: how many judgements of each (oracle, verdict).
        reasons: why judgements were inconclusive, with their oracle.
        disagreements: in the order of seeds.
        seconds: CPU seconds of this process, by stage; the child processes' own are not in it.
    """

    programs: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the CPU time of what is done inside."""
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - start


_lab: Lab | None = None
_plan: Plan | None = None


def start(plan: Plan) -> None:
    """In a fresh worker process: make the laboratory."""
    global _lab, _plan
    _plan = plan
    _lab = Lab(python=plan.python, prelude=plan.prelude).__enter__()


def judge(seeds: Sequence[int]) -> BatchReport:
    """Judge the programs of those seeds by the oracles of the plan."""
    assert _lab is not None
    assert _plan is not None
    return judge_batch(_plan, _lab, seeds)


def judge_batch(plan: Plan, lab: Lab, seeds: Sequence[int]) -> BatchReport:
    """Draw the programs of those seeds and have every oracle look whose turn it is."""
    report = BatchReport(programs=len(seeds))
    if plan.family.judge is not None:
        for seed in seeds:
            with report.timed("oracles"):
                opinions = list(own.judgements(plan.family, seed, plan.oracles))
            for source, opinion in opinions:
                _count(report, seed, source, opinion)
        return report
    with report.timed("generate"):
        cases = [make_case(plan.family.synthesize(seed), seed) for seed in seeds]
    with report.timed("reference"):
        lab.reference(cases)
    turn = seeds[0] // BATCH
    for name in plan.oracles:
        oracle = ORACLES[name]
        if turn % oracle.every:
            continue
        with report.timed(name):
            judgements = oracle.judge(cases, lab)
        for seed, case, judgement in zip(seeds, cases, judgements, strict=True):
            if judgement is not None:
                _count(report, seed, case.program.source, judgement)
    lab.forget()
    return report


def _count(report: BatchReport, seed: int, source: str, judgement: Judgement) -> None:
    report.verdicts[judgement.oracle, judgement.verdict.value] += 1
    if judgement.verdict is Verdict.INCONCLUSIVE:
        report.reasons[judgement.oracle, judgement.message] += 1
    elif judgement.verdict is Verdict.DISAGREE:
        report.disagreements.append(
            Disagreement(seed, judgement, bucket(judgement, source), explanation(judgement, source))
        )


def explanation(judgement: Judgement, source: str) -> str:
    """The name of the first known defect that may explain a disagreement, or ``""``."""
    tree = ast.parse(source)
    return next((known.name for known in KNOWN if known.explains(judgement, tree)), "")


def shrink(disagreement: Disagreement) -> Finding:
    """Shrink one disagreement, write its folder, and confirm it in a fresh process."""
    assert _lab is not None
    assert _plan is not None
    if _plan.family.judge is not None:
        seconds = _plan.shrink_seconds
        return own.shrink(_plan.family, disagreement.seed, disagreement.judgement, _plan.out, seconds)
    return shrink_one(_plan, _lab, disagreement)


def shrink_one(plan: Plan, lab: Lab, disagreement: Disagreement) -> Finding:
    """Shrink one disagreement within its bucket; see :func:`shrink`."""
    case = make_case(plan.family.synthesize(disagreement.seed), disagreement.seed)
    search = _Search(lab, disagreement.judgement)
    small = search.run(case, plan.shrink_seconds)
    evidence = search.evidence(small)
    name = bucket(evidence.judgement, small.program.source)
    finding = Finding(
        bucket=name,
        oracle=evidence.judgement.oracle,
        seed=disagreement.seed,
        known=explanation(evidence.judgement, small.program.source),
        lines=body_lines(small.program.source, small.program.entry),
        symptom=evidence.judgement.message
        or f"{evidence.judgement.where}: expected {evidence.judgement.expected}, got {evidence.judgement.actual}",
    )
    if not finding.known:
        _write(plan, evidence, finding)
    lab.forget()
    return finding


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
