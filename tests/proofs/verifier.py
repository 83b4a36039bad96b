"""How often the scorer of code is wrong: wrong answers that pass, and right answers that fail.

    python -m tests.proofs.verifier --wrong 5000 --right 5000 [--out docs/verifier.md]

Answers to ``lift``, instance by instance. Right ones are the program rewritten without a change of meaning, one to
three times, by the fuzzer's rewrites. One that fails by a gradient is not counted if the reference does not know that
gradient any more: some rewrites make loops for whose gradients Warp's documentation gives no promise. Wrong ones are
changed at one place, in the program or after such a rewrite, or do nothing. Whether a changed program is wrong is for
the reference to say, on input sets that the scorer does not have: only what differs there, beyond the bounds, counts as
wrong. Exits with 1 above the goals, 0.5 % and 0.1 %.

The answers are ours, so those to one instance are compiled together, in one process, as in Warp's debug mode, which
checks indices, too. One of each instance is scored as a stranger's is besides, and must get the same verdict.
"""

from __future__ import annotations

import math
import re
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known.explain import unknown_sites
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.fuzz.rewrites import REWRITES
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.reference import Outcome, evaluate
from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.comparison import apart
from warpsmith.tasks.data import Data
from warpsmith.tasks.execution import job, verdict
from warpsmith.tasks.grader import SECONDS, Grader
from warpsmith.tasks.lift import LIFT, program_in
from warpsmith.tasks.mutants import hollow, mutants
from warpsmith.tasks.problem import Problem, problem
from warpsmith.tasks.prompts import fenced
from warpsmith.tasks.task import Instance

FRESH = (("tame", 101), ("mixed", 102), ("boundary", 103), ("tame", 104), ("mixed", 105))
"""Recipes and seeds of input sets that no scorer has."""
Reasons: TypeAlias = tuple[str, ...]
Judge: TypeAlias = "Callable[[Instance, list[Program]], list[Reasons]]"
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


def differentiable(found: Problem, other: Program) -> bool:
    """Whether the gradients of an equivalent program are known as far as the instance's are.

    Some rewrites turn an unrolled loop into one that runs, for whose gradients Warp's documentation gives no promise.
    """
    expected = found.outcomes[0].gradient_errors
    sites = unknown_sites(other, KNOWN)
    actual = evaluate(other, found.sets[0], found.adjoints, unknown=sites, looks=2).gradient_errors
    assert expected is not None
    assert actual is not None
    return not any(
        bool((np.isfinite(dict(columns(e))[path]) & ~np.isfinite(part)).any())
        for e, a in zip(expected, actual, strict=True)
        if e is not None and a is not None
        for path, part in columns(a)
    )


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


class Batches:
    """Judges answers of ours.

    Args:
        executor: runs them.
        grader: scores one of them as it scores a stranger's.
    """

    def __init__(self, executor: Executor, grader: Grader) -> None:
        self._executor, self._grader = executor, grader

    def __call__(self, instance: Instance, programs: list[Program]) -> list[Reasons]:
        """What is wrong with each program as an answer, in words."""
        found: dict[int, Reasons] = {}
        sources: dict[int, str] = {}
        for number, program in enumerate(programs):
            try:
                sources[number] = program_in(instance, fenced("python", program.source))
            except InadmissibleAnswer as error:
                found[number] = (str(error),)
        results = self._executor.run_many([job(source, instance.hidden) for source in sources.values()])
        found |= {n: verdict(instance.hidden, result) for n, result in zip(sources, results, strict=True)}
        one = instance.seed % len(programs)
        score = LIFT.score(instance, fenced("python", programs[one].source), self._grader)
        assert score.passed == (not found[one]), f"seed {instance.seed}: {found[one]} and {score.reasons}"
        return [found[number] for number in range(len(programs))]


def measure(most: dict[str, int], first: int, judge: Judge, until: float = math.inf) -> Figures:
    """Judge answers to ``lift``, until there are enough of both sorts.

    Args:
        most: how many wrong and right ones, by the way to be wrong about them.
        first: the first instance's seed.
        judge: says what is wrong with each of several answers to an instance.
        until: no instance is begun after this time of the monotonic clock.
    """
    figures = Figures()
    while any(figures.asked[miss].total() < most[miss] for miss in GOALS) and time.monotonic() < until:
        seed = first + figures.instances
        figures.instances += 1
        found, instance, random = problem("lift", seed), LIFT.instance(seed), Random(f"verifier:{seed}")
        truth = Truth(found.program)
        answers = [("false fail", *some) for some in right(found, random)]
        answers += [("false pass", kind, program) for kind, program in wrong(found, random) if truth.differs(program)]
        judged = judge(instance, [program for _, _, program in answers])
        for (miss, kind, program), reasons in zip(answers, judged, strict=True):
            if figures.asked[miss].total() >= most[miss]:
                continue
            if miss == "false fail" and any("gradient" in r for r in reasons) and not differentiable(found, program):
                continue
            figures.asked[miss][kind] += 1
            if (not reasons) == (miss == "false pass"):
                figures.missed[miss][kind] += 1
                said = re.sub(r"\s+", " ", "; ".join(reasons))[:200] or "passed"
                figures.notes.append(f"{miss}: seed {seed}, {kind}: {said}")
    return figures


def main() -> int:
    """Score, count, and tell every miss."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", type=int, default=5000, help="how many wrong answers")
    parser.add_argument("--right", type=int, default=5000, help="how many right answers")
    parser.add_argument("--seed", type=int, default=0, help="the first instance's")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so many")
    parser.add_argument("--out", type=Path, help="write the table to this file")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    with Grader() as grader, Executor(timeout=SECONDS, options={"mode": "debug"}) as executor:
        most = {"false pass": options.wrong, "false fail": options.right}
        figures = measure(most, options.seed, Batches(executor, grader), until)
    command = f"python -m tests.proofs.verifier --wrong {options.wrong} --right {options.right} --seed {options.seed}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    text = "\n".join([f"{day}, `{command}`, {figures.instances} instances of `lift`:", "", *figures.rows(), ""])
    print(text)
    if options.out:
        options.out.write_text(text)
    return int(any(figures.rate(miss) > goal for miss, goal in GOALS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
