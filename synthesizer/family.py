"""A family of programs, as a value: the corpus and the fuzzer are handed families and know none by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grammar.chooser import Chooser, ReplayChooser, SeededChooser
from grammar.program import Program


@dataclass(frozen=True)
class Family:
    """One family of programs.

    Attributes:
        name: what ``--family`` calls it.
        version: changes whenever the same seed may give another program.
        draw: asks a chooser for everything, and returns the program.
    """

    name: str
    version: int
    draw: Callable[[Chooser], Program]

    def synthesize(self, seed: int) -> Program:
        """The program of that seed: the same on any machine."""
        return self.draw(SeededChooser(f"{self.name}:{seed}"))

    def replay(self, choices: tuple[int, ...]) -> Program:
        """The program that was drawn with those choices."""
        return self.draw(ReplayChooser(choices))
