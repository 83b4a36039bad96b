"""How often the scorer of code is wrong: wrong answers that pass, and right answers that fail.

    python -m tests.proofs.verifier --wrong 5000 --right 5000 [--out docs/verifier.md]

Answers to ``lift``, instance by instance. Right ones are the program rewritten without a change of meaning, one to
three times, by the fuzzer's rewrites. Wrong ones are changed at one place, in the program or after such a rewrite,
or do nothing. Whether a changed program is wrong is for the reference to say, on input sets that the scorer does
not have: only what differs there, beyond the bounds, counts as wrong. Exits with 1 above the goals, 0.5 % and 0.1 %.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known.explain import unknown_sites
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.fuzz.rewrites import REWRITES
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.reference import Outcome, evaluate
from warpsmith.tasks.comparison import apart
from warpsmith.tasks.data import Data
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.lift import LIFT
from warpsmith.tasks.mutants import hollow, mutants
from warpsmith.tasks.problem import Problem, problem
from warpsmith.tasks.prompts import fenced
from warpsmith.tasks.task import Task

FRESH = (("tame", 101), ("mixed", 102), ("boundary", 103), ("tame", 104), ("mixed", 105))
"""Recipes and seeds of input sets that no scorer has."""
GOALS = {"false pass": 0.005, "false fail": 0.001}


class Truth:
    """What a program does on inputs that the scorer does not have."""

    def __init__(self, program: Program) -> None:
        unknown = unknown_sites(program, KNOWN)
        self._runs: list[tuple[list[Data], Outcome]] = []
        for recipe, seed in FRESH:
            data = list(inputs(program, seed, recipe))
            try:
                self._runs.append((data, evaluate(program, data, unknown=unknown, looks=2)))
            except UndefinedError:
                continue

    def differs(self, other: Program) -> bool:
        """Whether another program does something else."""
        for data, outcome in self._runs:
            try:
                found = evaluate(other, data)
            except (UndefinedError, NotImplementedError):
                return False
            if apart(outcome.values, outcome.errors, found.values, found.errors):
                return True
        return False


def right(found: Problem, random: Random) -> Iterator[tuple[str, Program]]:
    """Equivalent programs, and how they were made."""
    for name in random.sample(sorted(REWRITES), len(REWRITES)):
        made = REWRITES[name](found.program, random)
        for _ in range(random.randrange(3)):
            other = random.choice(sorted(REWRITES))
            again = REWRITES[other](made, random) if made is not None else None
            made = again or made
        if made is not None:
            yield name, made


def wrong(found: Problem, random: Random) -> Iterator[tuple[str, Program]]:
    """Programs that may be wrong, and how they were made."""
    yield "nothing is done", hollow(found.program)
    for mutant in mutants(found.program, random, 14):
        yield mutant.kind, mutant.program
    for name in random.sample(sorted(REWRITES), 6):
        made = REWRITES[name](found.program, random)
        if made is not None:
            yield from ((f"{name}, then wrong", mutant.program) for mutant in mutants(made, random, 1))


@dataclass
class Figures:
    """What was asked, and what went wrong.

    Attributes:
        asked: answers by kind, for each way to be wrong.
        missed: those that were scored wrongly.
        notes: each of them in words.
        instances: how many were used.
    """

    asked: dict[str, Counter[str]] = field(default_factory=lambda: {miss: Counter() for miss in GOALS})
    missed: dict[str, Counter[str]] = field(default_factory=lambda: {miss: Counter() for miss in GOALS})
    notes: list[str] = field(default_factory=list)
    instances: int = 0

    def rate(self, miss: str) -> float:
        """The part of the answers that was scored wrongly."""
        return self.missed[miss].total() / max(self.asked[miss].total(), 1)

    def rows(self) -> list[str]:
        """A table in Markdown, and every miss."""
        head = ["| | answers | kinds | misses | rate | goal |", "|---|---|---|---|---|---|"]
        rows = [
            f"| {miss} | {self.asked[miss].total()} | {len(self.asked[miss])} | {self.missed[miss].total()} "
            f"| {self.rate(miss):.2%} | ≤ {goal:.1%} |"
            for miss, goal in GOALS.items()
        ]
        return [*head, *rows, "", *(f"- {note}" for note in self.notes)]


def measure(task: Task, most: dict[str, int], first: int, grader: Grader) -> Figures:
    """Score answers to a task that asks for a kernel, until there are enough of both sorts.

    Args:
        task: scores the answers.
        most: how many wrong and right ones, by the way to be wrong about them.
        first: the first instance's seed.
        grader: runs answers.
    """
    figures = Figures()
    while any(figures.asked[miss].total() < most[miss] for miss in GOALS):
        seed = first + figures.instances
        figures.instances += 1
        found, instance, random = problem("lift", seed), task.instance(seed), Random(f"verifier:{seed}")
        truth = Truth(found.program)
        answers = [("false fail", *some) for some in right(found, random)]
        answers += [("false pass", kind, program) for kind, program in wrong(found, random) if truth.differs(program)]
        for miss, kind, program in answers:
            if figures.asked[miss].total() >= most[miss]:
                continue
            score = task.score(instance, fenced("python", program.source), grader)
            figures.asked[miss][kind] += 1
            if score.passed == (miss == "false pass"):
                figures.missed[miss][kind] += 1
                said = re.sub(r"\s+", " ", "; ".join(score.reasons))[:200] or "passed"
                figures.notes.append(f"{miss}: seed {seed}, {kind}: {said}")
    return figures


def main() -> int:
    """Score, count, and tell every miss."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", type=int, default=5000, help="how many wrong answers")
    parser.add_argument("--right", type=int, default=5000, help="how many right answers")
    parser.add_argument("--seed", type=int, default=0, help="the first instance's")
    parser.add_argument("--out", type=Path, help="write the table to this file")
    options = parser.parse_args()
    with Grader() as grader:
        most = {"false pass": options.wrong, "false fail": options.right}
        figures = measure(LIFT, most, options.seed, grader)
    command = f"python -m tests.proofs.verifier --wrong {options.wrong} --right {options.right} --seed {options.seed}"
    text = "\n".join([f"`{command}`, {figures.instances} instances of `lift`:", "", *figures.rows(), ""])
    print(text)
    if options.out:
        options.out.write_text(text)
    return int(any(figures.rate(miss) > goal for miss, goal in GOALS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
