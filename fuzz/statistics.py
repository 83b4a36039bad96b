"""What a campaign has seen: counts, findings, and the fate of every disagreement."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from warpsmith.fuzz.finding import Finding
from warpsmith.fuzz.worker import BatchReport, Disagreement

VERDICTS = ("agree", "disagree", "inconclusive")

KNOWN, SHRUNK, ATTRIBUTED = "known", "shrunk", "attributed"
"""What becomes of a disagreement: a known defect may explain it; it was shrunk; it was counted in a bucket unshrunk,
because it has all that the bucket's program is made of."""
WAITING, SHRINKING, FAILED = "waiting", "shrinking", "failed"
"""Or it waits, for good where the campaign ended before its turn; it is being shrunk; its reduction failed."""


@dataclass
class Fate:
    """What has become of one disagreement.

    Attributes:
        disagreement: it.
        fate: one of the words above.
        cause: the bucket or the known defect that it counts for; as far as the unshrunk program tells, where it waits.
    """

    disagreement: Disagreement
    fate: str = WAITING
    cause: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        judgement = self.disagreement.judgement
        return {
            "seed": self.disagreement.seed,
            "oracle": judgement.oracle,
            "stage": judgement.stage,
            "where": judgement.where,
            "fate": self.fate,
            "cause": self.cause or self.disagreement.bucket,
        }


@dataclass
class Omission:
    """Something of ours that went wrong: a program whose worker died or raised, and which was left out.

    Attributes:
        seed: of the program.
        task: ``judging`` or ``shrinking``.
        error: how it ended.
        traceback: where it was raised; empty if the worker died.
    """

    seed: int
    task: str
    error: str
    traceback: str = ""


@dataclass
class Footprint:
    """MiB in memory after a batch: the first, the last, and the most of all; with what children have together."""

    first: int
    last: int
    most: int

    @classmethod
    def seen(cls, before: Footprint | None, now: int) -> Footprint:
        """What was seen before, and now this."""
        return cls(now, now, now) if before is None else cls(before.first, now, max(before.most, now))


@dataclass
class Statistics:
    """What a campaign has seen so far.

    Attributes:
        programs: how many were judged.
        seconds: wall-clock time.
        verdicts: judgements by (oracle, verdict).
        reasons: inconclusive judgements by (oracle, reason).
        findings: by bucket.
        known: disagreements that a known defect explains, by its name.
        fates: of every disagreement, in the order in which they came.
        failures: programs that were left out because of something of ours.
        cpu: CPU seconds of the workers and their children by stage; ``shrink`` is what reductions took.
        memory: of every worker by its number, and of its children.
    """

    programs: int = 0
    seconds: float = 0.0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    known: Counter[str] = field(default_factory=Counter)
    fates: list[Fate] = field(default_factory=list)
    failures: list[Omission] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[int, tuple[Footprint, Footprint]] = field(default_factory=dict)

    def count(self, report: BatchReport) -> None:
        """Add what a batch says, but for its disagreements."""
        self.programs += report.programs
        self.verdicts.update(report.verdicts)
        self.reasons.update(report.reasons)
        for stage, seconds in report.seconds.items():
            self.cpu[stage] = self.cpu.get(stage, 0.0) + seconds
        mine, theirs = self.memory.get(report.worker, (None, None))
        self.memory[report.worker] = Footprint.seen(mine, report.memory[0]), Footprint.seen(theirs, report.memory[1])

    @property
    def waiting(self) -> int:
        """How many disagreements nobody has looked at."""
        return sum(fate.fate in (WAITING, SHRINKING) for fate in self.fates)

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and for the campaign's file."""
        by_oracle: dict[str, dict[str, int]] = {}
        for (oracle, verdict), count in sorted(self.verdicts.items()):
            by_oracle.setdefault(oracle, {})[verdict] = count
        totals = {name: sum(counts.get(name, 0) for counts in by_oracle.values()) for name in VERDICTS}
        return {
            "programs": self.programs,
            "seconds": round(self.seconds, 3),
            "verdicts": totals,
            "oracles": by_oracle,
            "inconclusive": [
                {"oracle": oracle, "reason": reason, "count": count}
                for (oracle, reason), count in self.reasons.most_common()
            ],
            "findings": [asdict(finding) for finding in self.findings.values()],
            "known": dict(self.known.most_common()),
            "disagreements": [fate.as_json() for fate in self.fates],
            "failures": [asdict(failure) for failure in self.failures],
            "cpu_seconds": {stage: round(seconds, 3) for stage, seconds in sorted(self.cpu.items())},
            "memory_mib": [
                {"worker": asdict(mine), "children": asdict(theirs)} for mine, theirs in self.memory.values()
            ],
        }
