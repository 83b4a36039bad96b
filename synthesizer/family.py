"""A family of programs, as a value: the corpus and the fuzzer are handed families and know none by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from warpsmith.grammar.budget import least
from warpsmith.grammar.chooser import Chooser, ReplayChooser, SeededChooser
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import Report
from warpsmith.synthesizer.check import check as check_module
from warpsmith.synthesizer.harness import Harness


def _check(program: Program) -> Report:
    return check_module(program.module)


def launched(program: Program, loaded: Any) -> Any:
    """The kernel that a loaded program launches; a tuple of kernels in order where it launches several."""
    if not program.launch.steps:
        return loaded.kernels[program.entry]
    return tuple(loaded.bound(name) for name in dict.fromkeys(step.kernel for step in program.steps))


@dataclass(frozen=True)
class Family:
    """One family of programs.

    Attributes:
        name: what ``--family`` calls it.
        version: changes whenever the same seed may give another program.
        draw: asks a chooser for everything, and returns the program.
        check: what the independent type checker says of a program.
        kernel: of a program and the module it was loaded as: what is captured, a kernel, several, or a function within
            one.
        launchable: whether a program can be launched as it is, with arrays for arguments.
        limited: the same within a budget; ``None`` where programs are not drawn within one.
        harness: how the programs are examined; the fuzzer has one for programs that can be launched as they are.
    """

    name: str
    version: int
    draw: Callable[[Chooser], Program]
    check: Callable[[Program], Report] = _check
    kernel: Callable[[Program, Any], Any] = launched
    launchable: bool = True
    harness: Harness | None = None
    limited: Callable[[str, int, Chooser], Program] | None = None

    def within(self, level: str, tokens: int) -> Family:
        """The family whose pairs are to have so many tokens at most at a level: a source, and one of its texts.

        Costs are estimates, and so is this; see :mod:`warpsmith.grammar.budget`.

        Args:
            level: one of :data:`warpsmith.grammar.costs.LEVELS`.
            tokens: at most.

        Raises:
            ValueError: no program is as small, or programs of this family are not drawn within a budget.
        """
        limited = self.limited
        if limited is None:
            raise ValueError(f"programs of the {self.name} family are not drawn within a budget")
        if tokens < (smallest := least(level)):
            raise ValueError(f"no program has as few as {tokens:,} tokens at {level}: the smallest has {smallest:,}")
        return replace(self, draw=partial(limited, level, tokens))

    @property
    def oracles(self) -> tuple[str, ...]:
        """Names of the oracles that the family brings; without any, the fuzzer's look."""
        return () if self.harness is None else tuple(self.harness.oracles)

    def synthesize(self, seed: int) -> Program:
        """The program of that seed: the same on any machine."""
        return self.draw(SeededChooser(f"{self.name}:{seed}"))

    def replay(self, choices: tuple[int, ...]) -> Program:
        """The program that was drawn with those choices."""
        return self.draw(ReplayChooser(choices))
