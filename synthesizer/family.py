"""A family of programs, as a value: the corpus and the fuzzer are handed families and know none by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from warpsmith.grammar.chooser import Chooser, ReplayChooser, SeededChooser
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import Report
from warpsmith.synthesizer.check import check as check_module


@dataclass(frozen=True)
class Opinion:
    """What an oracle of a family's own says about one program.

    Attributes:
        oracle: its name.
        verdict: ``agree``, ``disagree`` or ``inconclusive``.
        stage: where it went wrong: ``build``, ``shape`` or ``value``.
        message: the compiler's words, or the reason of an inconclusive verdict.
        where: the place of the first difference.
        expected: what should have come out there, as text.
        actual: what did.
    """

    oracle: str
    verdict: str
    stage: str = ""
    message: str = ""
    where: str = ""
    expected: str = ""
    actual: str = ""


def _check(program: Program) -> Report:
    return check_module(program.module)


def _kernel(program: Program, loaded: Any) -> Any:
    return loaded.kernels[program.entry]


@dataclass(frozen=True)
class Family:
    """One family of programs.

    Attributes:
        name: what ``--family`` calls it.
        version: changes whenever the same seed may give another program.
        draw: asks a chooser for everything, and returns the program.
        check: what the independent type checker says of a program.
        kernel: of a program and the module it was loaded as: what is captured, a kernel or a function within one.
        launchable: whether a program can be launched as it is, with arrays for arguments.
        oracles: names of the family's own oracles; where there are some, the fuzzer's do not look.
        judge: of a program, its seed and names of those oracles: their opinions.
        reproducer: of a program, its seed and an opinion: a test file of its own that fails.
    """

    name: str
    version: int
    draw: Callable[[Chooser], Program]
    check: Callable[[Program], Report] = _check
    kernel: Callable[[Program, Any], Any] = _kernel
    launchable: bool = True
    oracles: tuple[str, ...] = ()
    judge: Callable[[Program, int, tuple[str, ...]], list[Opinion]] | None = None
    reproducer: Callable[[Program, int, Opinion], str] | None = None

    def synthesize(self, seed: int) -> Program:
        """The program of that seed: the same on any machine."""
        return self.draw(SeededChooser(f"{self.name}:{seed}"))

    def replay(self, choices: tuple[int, ...]) -> Program:
        """The program that was drawn with those choices."""
        return self.draw(ReplayChooser(choices))
