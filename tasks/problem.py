"""Programs whose meaning is decided and whose tests have power: what instances are made of.

The programs of a seed are a stream of their own (:mod:`warpsmith.tasks.programs`). An instance is about the first of
them that qualifies. So seeds count over programs that qualify, and every seed has an instance, whatever the others
have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TypeAlias

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known.explain import unknown_sites
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import adjoints, first_threads
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.reference import UNKNOWN_INDEX, UNKNOWN_PATH, Outcome, Site, evaluate
from warpsmith.synthesizer.reference.run.tree import parsed
from warpsmith.tasks.comparison import apart, decided
from warpsmith.tasks.data import Data
from warpsmith.tasks.mutants import ProgramMutant, mutants
from warpsmith.tasks.programs import programs

SETS = (("tame", 1), ("mixed", 2), ("boundary", 3), ("zeros", 4))
"""Recipes and seeds of the hidden input sets; the gradient is asked for on the first."""
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


@lru_cache(maxsize=8)
def problem(task: str, seed: int, wanted: Wanted | None = None, graded: float = 0.0) -> Problem:
    """The first program of a seed's stream that qualifies.

    Args:
        task: its name; programs of tasks differ.
        seed: the instance's.
        wanted: says of a program and its shown run whether they will do.
        graded: the part of the gradients of which a bound must be known, if they are needed.
    """
    for program in programs(task, seed):
        found = examined(program, Random(f"{task}:{seed}"), wanted, graded)
        if found is not None:
            return found
    raise AssertionError("the stream has no end")


def examined(program: Program, random: Random, wanted: Wanted | None = None, graded: float = 0.0) -> Problem | None:
    """What there is to know of a program; ``None`` if it does not qualify. What costs least comes first."""
    program = replace(program, launch=replace(program.launch, dim=first_threads(program.launch.dim)))
    if program.source.count("\n") > LINES or _crashes(program):
        return None
    meaning = _Meaning(program, adjoints(program, 1), unknown_sites(program, KNOWN))
    shown = meaning.on(SHOWN)
    runs = _runs(meaning) if shown is not None and _shows(shown) else None
    if shown is None or runs is None:
        return None
    if graded:
        shown = meaning.graded(shown, graded)
    if wanted is not None and not wanted(program, shown):
        return None
    tested = _tested(meaning, mutants(program, random, MUTANTS), runs)
    if tested is None:
        return None
    killed, survivors = tested
    runs[0] = meaning.graded(runs[0], graded or DECIDED)
    if graded and not moves(runs[0][1]):
        return None
    sets, outcomes = zip(*runs, strict=True)
    return Problem(program, sets, outcomes, meaning.weights, shown, killed, survivors)


def _runs(meaning: _Meaning) -> list[Run] | None:
    """What it does on the hidden input sets; ``None`` if one is not known, or the first shows too little."""
    runs = list[Run]()
    for named in SETS:
        run = meaning.on(named)
        if run is None or not (runs or _shows(run)):
            return None
        runs.append(run)
    return runs


def _tested(
    meaning: _Meaning, made: Iterator[ProgramMutant], runs: list[Run]
) -> tuple[tuple[ProgramMutant, ...], int] | None:
    """Mutants that runs tell from the program, and how many they do not; ``None`` if these are too many.

    Mutants without a meaning are left out. Most programs fail here, so the rest is not made once too many are left.
    """
    killed, left = list[ProgramMutant](), 0
    for mutant in made:
        told = meaning.first_told(mutant.text_alone, runs)
        killed += [mutant] * (told is True)
        left += told is False
        if left > (1 - POWER) * MUTANTS:
            return None
    enough = len(killed) >= FEWEST and len(killed) >= POWER * (len(killed) + left)
    return (tuple(killed), left) if enough else None


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

    def graded(self, run: Run, least: float) -> Run:
        """The run with gradients, if so much of them is known; the values and bounds are those that it had."""
        outcome = evaluate(self.program, run[0], self.weights, unknown=self.unknown, looks=LOOKS)
        known, total = decided(outcome.gradient_errors or ())
        if known < least * total:
            return run
        return run[0], replace(run[1], gradients=outcome.gradients, gradient_errors=outcome.gradient_errors)

    def first_told(self, other: Program, runs: list[Run]) -> bool | None:
        """Whether one of the runs shows that another program is another one; ``None`` if that one has no meaning."""
        for run in runs:
            told = self.tells(other, run)
            if told is not False:
                return told
        return False

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


def _shows(run: Run) -> bool:
    """Whether enough is known of a run, and something has changed in it."""
    data, outcome = run
    nothing = [None if error is None else np.zeros_like(error) for error in outcome.errors]
    return _decided(outcome) and apart(outcome.values, outcome.errors, data, nothing)


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
