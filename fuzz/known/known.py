"""What is written down about one known defect."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from warpsmith.synthesizer.judgement import Judgement, Stage
from warpsmith.synthesizer.reference import Site
from warpsmith.synthesizer.reference.run.tree import indexed

Symptom: TypeAlias = "tuple[str, Stage | None]"
"""An oracle and a stage; ``None`` is any."""

VALUES: tuple[Symptom, ...] = (("forward", Stage.VALUE), ("options", None), ("rewrites", Stage.VALUE))
GRADIENT: tuple[Symptom, ...] = (("gradient", Stage.VALUE), ("rewrites", Stage.GRADIENT))
BOTH: tuple[Symptom, ...] = (*VALUES, *GRADIENT)
CRASH: tuple[Symptom, ...] = (("accepted", Stage.CRASH), ("options", Stage.CRASH), ("rewrites", Stage.CRASH))
"""Where a wrong value is an index, a program may write anywhere."""
TIMEOUT: tuple[Symptom, ...] = (("accepted", Stage.TIMEOUT), ("options", Stage.TIMEOUT), ("rewrites", Stage.TIMEOUT))
ANYTHING: tuple[Symptom, ...] = (*BOTH, *CRASH, *TIMEOUT)
"""Where wrong values are of any kind: also what counts a loop's trips."""


@dataclass(frozen=True)
class Known:
    """A defect, or a documented limitation, that programs may run into.

    Attributes:
        name: also the name of the folder in ``fuzz/findings/`` that holds its reproducer.
        symptoms: by which it shows.
        find: the sites of an indexed tree that it affects, and what is unknown there; none where the program does not
            have it.
        ends: whether what it ends a program by is the backward pass, and no index that is wrong.
        runs: whether a program that has it runs. If not, having it is explanation enough.
        first: the first release that has it, or ``""`` where every release asked has it.
        fixed: the first release without it again, or ``""``.
        documented: the documentation's words, where it is a limitation and not a defect.
    """

    name: str
    symptoms: tuple[Symptom, ...]
    find: Callable[[ast.Module], Iterable[Site]]
    ends: bool = False
    runs: bool = True
    first: str = ""
    fixed: str = ""
    documented: str = ""

    def sites(self, tree: ast.Module) -> tuple[Site, ...]:
        """The sites of a program that it affects."""
        return tuple(self.find(indexed(tree)))

    def matches(self, tree: ast.Module) -> bool:
        """Whether a program has what sets it off."""
        return bool(self.sites(tree))

    def explains(self, judgement: Judgement, tree: ast.Module) -> bool:
        """Whether a disagreement over that program may come from this defect."""
        return any(_fits(symptom, judgement) for symptom in self.symptoms) and self.matches(tree)


def _fits(symptom: Symptom, judgement: Judgement) -> bool:
    oracle, stage = symptom
    return oracle == judgement.oracle and stage in (None, judgement.stage)
