"""What tests of programs like people's have in common: a profile of a text, and what is wrong with programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.proofs.likeness import fault
from warpsmith.grammar.profile import Profile
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import Learned, examples, learn


def learned_from(text: str, folder: Path) -> Learned:
    """What is learned from one file with that text."""
    path = folder / "people.py"
    path.write_text(text)
    return learn([path])


@cache
def of_examples() -> Profile:
    """What is learned from the examples in Warp's wheel, which takes seconds."""
    return learn([examples()]).profile


def like(learned: Learned) -> Family:
    """Programs with that profile alone."""
    return kernels_like(replace(learned.profile, novelty=0))


def faults(family: Family, programs: Iterable[Program]) -> list[str]:
    """What is wrong with programs of the first seeds."""
    return [f for seed, program in enumerate(programs) if (f := fault(family, program, seed))]
