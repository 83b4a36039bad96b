"""What is written down about one known defect."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from warpsmith.fuzz.judgement import Judgement
from warpsmith.synthesizer.reference import Doubt


@dataclass(frozen=True)
class Known:
    """A defect, or a documented limitation, that programs may run into.

    Attributes:
        name: also the name of the folder in ``fuzz/findings/`` that holds its reproducer.
        symptoms: the (oracle, stage) pairs by which it shows.
        matches: whether a program (its syntax tree) has what sets it off.
        doubts: the operations that go wrong, and on which operands; none where programs do not run.
        first: the first release that has it, or ``""`` where every release asked has it.
        fixed: the first release without it again, or ``""``.
        documented: the documentation's words, where it is a limitation and not a defect.
    """

    name: str
    symptoms: tuple[tuple[str, str], ...]
    matches: Callable[[ast.Module], bool]
    doubts: tuple[Doubt, ...]
    first: str = ""
    fixed: str = ""
    documented: str = ""

    def explains(self, judgement: Judgement, tree: ast.Module) -> bool:
        """Whether a disagreement over that program may come from this defect."""
        return any(_fits(symptom, judgement) for symptom in self.symptoms) and self.matches(tree)


def _fits(symptom: tuple[str, str], judgement: Judgement) -> bool:
    return all(one in ("*", other) for one, other in zip(symptom, judgement.symptom, strict=True))
