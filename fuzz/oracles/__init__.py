"""The oracles: each looks at a batch of cases in one way, and says agree, disagree or inconclusive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from warpsmith.fuzz.case import Case
from warpsmith.fuzz.judgement import Judgement
from warpsmith.fuzz.lab import Lab
from warpsmith.fuzz.oracles.accepted import accepted, accepted_by_cuda
from warpsmith.fuzz.oracles.text import codegen, refused
from warpsmith.fuzz.oracles.values import forward, gradient
from warpsmith.fuzz.oracles.variants import device, options, rewrites

__all__ = ["ORACLES", "Oracle"]


@dataclass(frozen=True)
class Oracle:
    """One way to look at programs.

    Attributes:
        name: what ``--oracle`` calls it.
        judge: one judgement per case, in order; ``None`` where it has nothing to say about a case.
        every: it looks at one batch in so many; dear oracles look at few.
        default: whether it takes part unless others are named.
        elsewhere: whether it can judge the Warp of another interpreter; the others look at this one's.
        executes: whether it looks at what comes of a program, and not at its text alone.
    """

    name: str
    judge: Callable[[Sequence[Case], Lab], Sequence[Judgement | None]]
    every: int = 1
    default: bool = True
    elsewhere: bool = True
    executes: bool = True


ORACLES = {
    oracle.name: oracle
    for oracle in (
        Oracle("accepted", accepted),
        Oracle("forward", forward),
        Oracle("gradient", gradient),
        Oracle("rewrites", rewrites, every=4),
        Oracle("options", options, every=4),
        Oracle("refused", refused, elsewhere=False, executes=False),
        Oracle("codegen", codegen, every=16, elsewhere=False, executes=False),
        Oracle("cuda", accepted_by_cuda, every=16, elsewhere=False, executes=False),
        Oracle("device", device, default=False),  # needs a GPU
    )
}
"""All of them, by name, in the order in which they look."""
