"""Which disagreements have one cause as far as can be told, so that one unmended defect does not eat a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from warpsmith.fuzz.bucket import VALUE_STAGES
from warpsmith.fuzz.finding import Finding
from warpsmith.fuzz.worker import Disagreement
from warpsmith.synthesizer.judgement import Stage

CERTAIN = 3
"""So many shrunk disagreements fill a bucket before others that have all its features count there unshrunk."""


@dataclass
class Causes:
    """The buckets found so far, by what their shrunk programs are made of.

    Attributes:
        made_of: per bucket: oracle and stage, and the features of the shrunk program.
        shrunk: how many shrunk disagreements each bucket has.
    """

    made_of: dict[str, tuple[tuple[str, Stage], frozenset[str]]] = field(default_factory=dict)
    shrunk: Counter[str] = field(default_factory=Counter)

    def found(self, disagreement: Disagreement, finding: Finding, made_of: frozenset[str], minimal: bool) -> str:
        """Learn what a reduction has come to.

        Args:
            disagreement: what was shrunk.
            finding: what it came to.
            made_of: features of the shrunk program.
            minimal: whether the reduction went to its end. Where time ran out, a program that holds all of another
                bucket's is taken for a less shrunk one of that bucket.

        Returns:
            The bucket.
        """
        symptom = disagreement.judgement.symptom
        name = finding.bucket
        if not minimal and name not in self.made_of:
            name = next(self._within(symptom, made_of), name)
        self.made_of.setdefault(name, (symptom, made_of))
        self.shrunk[name] += 1
        return name

    def of(self, disagreement: Disagreement, certain: int = CERTAIN) -> str | None:
        """The bucket that a disagreement may be counted in unshrunk, if any.

        Where a compiler said something, the words alone make the bucket. Otherwise it is one of at least ``certain``
        shrunk disagreements, with the same symptom, all of whose features the program has.
        """
        if disagreement.judgement.stage not in VALUE_STAGES:
            return disagreement.bucket if disagreement.bucket in self.made_of else None
        names = self._within(disagreement.judgement.symptom, disagreement.made_of)
        return next((name for name in names if self.shrunk[name] >= certain), None)

    def next(self, waiting: Sequence[Disagreement], running: Collection[str]) -> Disagreement | None:
        """Which of those that wait to shrink: one that no bucket explains, if there is one.

        Args:
            waiting: in the order in which they came.
            running: buckets of unshrunk disagreements that are being shrunk.
        """
        fit = [disagreement for disagreement in waiting if disagreement.bucket not in running]
        return min(fit, key=lambda disagreement: self.of(disagreement, 1) is not None, default=None)

    def _within(self, symptom: tuple[str, Stage], features: frozenset[str]) -> Iterator[str]:
        for name, (theirs, made_of) in self.made_of.items():
            if theirs == symptom and made_of and made_of <= features:
                yield name
