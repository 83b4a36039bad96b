"""Programs whose meaning is decided and whose tests have power: what instances are made of.

The programs of a seed are a stream of their own, ``{task}:{seed}:{n}`` for n from 0: none is in a corpus, and none
belongs to two seeds. An instance is about the first of them that qualifies. So seeds count over programs that qualify,
and every seed has an instance, whatever the others have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TypeAlias

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known.explain import unknown_sites
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import adjoints, first_threads
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import UNKNOWN_INDEX, UNKNOWN_PATH, Outcome, Site, evaluate
from warpsmith.synthesizer.reference.run.tree import parsed
from warpsmith.tasks.comparison import apart, decided
from warpsmith.tasks.data import Data
from warpsmith.tasks.mutants import ProgramMutant, hollow, mutants

SETS = (("tame", 1), ("mixed", 2), ("boundary", 3), *((("tame", "mixed")[n % 2], n) for n in range(4, 10)))
"""Recipes and seeds of the input sets that may be hidden ones; the gradient is asked for on the first."""
ALWAYS = 3
"""So many of them are hidden ones in any case."""
SHOWN = ("tame", 0)
"""Those of the set that is shown, where one is."""
LARGEST = 16 << 10
"""Bytes that one input set may have."""
LINES = 45
"""Lines of a program."""
MUTANTS = 12
"""Mutants that are made of a program."""
POWER = 0.9
"""The part of them that the hidden inputs must tell from the program."""
HOPELESS = 0.7
"""The part of them below which nobody goes on after those sets."""
FEWEST = 4
"""Mutants below which nothing is known of the power of the inputs."""
DECIDED = 0.5
"""The part of the outputs, and of the gradients, of which a bound must be known."""
LOOKS = 8
"""Moved backward passes behind the bounds of gradients."""


Run: TypeAlias = "tuple[tuple[Data, ...], Outcome]"
"""An input set, and what a program does on it."""
Wanted: TypeAlias = "Callable[[Program, Run], bool]"


@dataclass(frozen=True, eq=False)
class Problem:
    """A program that qualifies.

    Attributes:
        program: launched with its first threads.
        sets: the hidden input sets.
        outcomes: what the program does on each set; gradients on the first, if enough of them is known.
        adjoints: of the outputs, for gradients; see :class:`~warpsmith.synthesizer.case.Case`.
        shown: one more input set, and what it gives; with gradients, if they were wanted.
        killed: mutants that the hidden sets tell from the program.
        survivors: mutants that they do not.
    """

    program: Program
    sets: tuple[tuple[Data, ...], ...]
    outcomes: tuple[Outcome, ...]
    adjoints: tuple[Data | None, ...]
    shown: Run
    killed: tuple[ProgramMutant, ...]
    survivors: int

    @property
    def names(self) -> list[str]:
        """The names of the launch's arguments."""
        return [argument.name for argument in self.program.launch.arguments]

    @property
    def has_gradient(self) -> bool:
        """Whether some derivative is known, and not zero."""
        return moves(self.outcomes[0])


def programs(task: str, seed: int) -> Iterator[Program]:
    """The stream of a seed's programs."""
    for number in itertools.count():
        yield KERNELS.draw(SeededChooser(f"{task}:{seed}:{number}"))


@lru_cache(maxsize=8)
def problem(task: str, seed: int, wanted: Wanted | None = None, graded: bool = False) -> Problem:
    """The first program of a seed's stream that qualifies.

    Args:
        task: its name; programs of tasks differ.
        seed: the instance's.
        wanted: says of a program and its shown run whether they will do.
        graded: whether the shown run needs gradients.
    """
    for program in programs(task, seed):
        found = examined(program, Random(f"{task}:{seed}"), wanted, graded)
        if found is not None:
            return found
    raise AssertionError("the stream has no end")


def examined(program: Program, random: Random, wanted: Wanted | None = None, graded: bool = False) -> Problem | None:
    """What there is to know of a program; ``None`` if it does not qualify. What costs least comes first."""
    program = replace(program, launch=replace(program.launch, dim=first_threads(program.launch.dim)))
    if program.source.count("\n") > LINES or _crashes(program):
        return None
    meaning = _Meaning(program, adjoints(program, 1), unknown_sites(program, KNOWN))
    empty = hollow(program)
    shown, first = meaning.on(SHOWN), meaning.on(SETS[0])
    if shown is None or first is None or not (_decided(shown[1]) and _decided(first[1])):
        return None
    if not (meaning.tells(empty, shown) and meaning.tells(empty, first)):
        return None
    if graded:
        shown = meaning.graded(shown)
    if wanted is not None and not wanted(program, shown):
        return None
    tested = _tested(meaning, list(mutants(program, random, MUTANTS)), first)
    if tested is None:
        return None
    runs, killed, survivors = tested
    sets, outcomes = zip(meaning.graded(first), *runs[1:], strict=True)
    return Problem(program, sets, outcomes, meaning.weights, shown, killed, survivors)


def _tested(
    meaning: _Meaning, waiting: list[ProgramMutant], first: Run
) -> tuple[list[Run], tuple[ProgramMutant, ...], int] | None:
    """Runs that tell mutants from the program, the mutants, and how many are left; ``None`` if these are too many.

    Of the sets that are not hidden in any case, one is kept if it tells a mutant that those before do not, and none
    is tried once few enough are left. Mutants without a meaning are left out.
    """
    runs, killed = list[Run](), list[ProgramMutant]()
    for number, named in enumerate(SETS):
        run = first if number == 0 else meaning.on(named)
        if run is None:
            return None
        told = [meaning.tells(mutant.program, run) for mutant in waiting]
        killed += [mutant for mutant, t in zip(waiting, told, strict=True) if t]
        waiting = [mutant for mutant, t in zip(waiting, told, strict=True) if t is False]
        if number < ALWAYS or any(told):
            runs.append(run)
        part = len(killed) / max(1, len(killed) + len(waiting))
        if number >= ALWAYS - 1 and not HOPELESS <= part < POWER:
            break
    enough = len(killed) >= FEWEST and len(killed) >= POWER * (len(killed) + len(waiting))
    return (runs, tuple(killed), len(waiting)) if enough else None


@dataclass(frozen=True)
class _Meaning:
    """What a program does, nothing being known where a known defect of Warp is."""

    program: Program
    weights: tuple[Data | None, ...]
    unknown: tuple[Site, ...]

    def on(self, named: tuple[str, int]) -> Run | None:
        """What it does on an input set; ``None`` if that is not known, or the set is too large."""
        data = tuple(inputs(self.program, named[1], named[0]))
        if sum(array.nbytes for array in data) > LARGEST:
            return None
        try:
            outcome = evaluate(self.program, data, unknown=self.unknown, looks=2)
        except UndefinedError:
            return None
        open_path = UNKNOWN_INDEX in outcome.reasons or UNKNOWN_PATH in outcome.reasons
        return None if open_path else (data, outcome)

    def graded(self, run: Run) -> Run:
        """The run with gradients, if enough of them is known; the values and bounds are those that it had."""
        outcome = evaluate(self.program, run[0], self.weights, unknown=self.unknown, looks=LOOKS)
        known, total = decided(outcome.gradient_errors or ())
        if known < DECIDED * total:
            return run
        return run[0], replace(run[1], gradients=outcome.gradients, gradient_errors=outcome.gradient_errors)

    def tells(self, other: Program, run: Run) -> bool | None:
        """Whether a run shows that another program is another one; ``None`` if that one has no meaning."""
        data, outcome = run
        try:
            found = evaluate(other, data)
        except (UndefinedError, NotImplementedError):
            return None
        return apart(outcome.values, outcome.errors, found.values, found.errors)


def _crashes(program: Program) -> bool:
    tree = parsed(program.source)
    return any(not known.runs and known.matches(tree) for known in KNOWN)


def _decided(outcome: Outcome) -> bool:
    """Whether bounds are known of enough: of each output, and of most numbers in them."""
    known, total = decided(outcome.errors)
    return known >= DECIDED * total and all(e is None or decided([e])[0] for e in outcome.errors)


def moves(outcome: Outcome, least: float = 0.0) -> bool:
    """Whether some derivative is known, and larger than ``least``."""
    pairs = zip(outcome.gradients or (), outcome.gradient_errors or (), strict=True)
    return any(
        bool(((np.abs(part) > 2 * bound + least) & np.isfinite(bound)).any())
        for gradient, error in pairs
        if gradient is not None and error is not None
        for (_, part), (_, bound) in zip(columns(gradient), columns(error), strict=True)
    )
