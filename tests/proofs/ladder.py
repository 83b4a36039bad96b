"""Scores of scripted answerers, from the empty answer to the oracle: nothing worse scores higher.

    python -m tests.proofs.ladder --count 50 [--out docs/ladder.md] [--plot docs/ladder.svg]

For each task and answerer the part of the instances that it passes, and for each level of difficulty, too. Exits with 1
if an answerer passes more of a task than a better one, beyond what the task's chance explains.
"""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from tests.proofs.answerers import ladder
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.shape import LEVELS
from warpsmith.tasks.table import TASKS

Passed = dict[str, list[tuple[str, bool]]]
"""By answerer, the level and the outcome of each instance."""


def climbed(name: str, first: int, count: int, grader: Grader) -> Passed:
    """What every answerer makes of a task's instances."""
    task, passed = TASKS[name], defaultdict[str, list[tuple[str, bool]]](list)
    for seed in range(first, first + count):
        instance = task.instance(seed)
        for answerer in ladder():
            score = task.score(instance, answerer.answer(task, instance), grader)
            passed[answerer.name].append((instance.difficulty["level"], score.passed))
    return passed


def rate(outcomes: list[tuple[str, bool]], level: str | None = None) -> float | None:
    """The part that passed, at a level of difficulty or at all; ``None`` if there is none."""
    some = [passed for of, passed in outcomes if level in (None, of)]
    return sum(some) / len(some) if some else None


def table(found: dict[str, Passed]) -> list[str]:
    """Rows of Markdown: a column for each answerer, a row for each task and level of difficulty."""
    names = [answerer.name for answerer in ladder()]
    rows = [f"| task | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for task, passed in found.items():
        for level in (None, *(name for _, name in LEVELS), "extreme"):
            rates = [rate(passed[name], level) for name in names]
            if any(r is not None for r in rates):
                cells = " | ".join("" if r is None else f"{r:.2f}" for r in rates)
                rows.append(f"| {task if level is None else f'{task}, {level}'} | {cells} |")
    return rows


def falls(found: dict[str, Passed]) -> list[str]:
    """Where a better answerer passes less than a worse one."""
    names = [answerer.name for answerer in ladder()]
    wrong = []
    for task, passed in found.items():
        for worse, better in pairwise(names):
            low, high = (rate(passed[name]) or 0.0 for name in (worse, better))
            if low > high:
                wrong.append(f"{task}: {worse} passes {low:.2f}, {better} {high:.2f}")
    return wrong


def draw(found: dict[str, Passed], path: Path) -> None:
    """A line for each task over the rungs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = [answerer.name for answerer in ladder()]
    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    for task, passed in found.items():
        axes.plot(names, [rate(passed[name]) for name in names], marker="o", label=task)
    axes.set_ylabel("instances passed")
    axes.set_ylim(-0.02, 1.02)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Print the table; write it, and a plot, where asked for."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="how many instances of each task")
    parser.add_argument("--seed", type=int, default=0, help="the first instance's")
    parser.add_argument("--task", action="append", choices=TASKS, help="only these")
    parser.add_argument("--out", type=Path, help="write the table to this file")
    parser.add_argument("--plot", type=Path, help="draw it into this file")
    options = parser.parse_args()
    with Grader() as grader:
        found = {name: climbed(name, options.seed, options.count, grader) for name in options.task or TASKS}
    lines = table(found)
    print("\n".join(lines))
    if options.out:
        command = f"python -m tests.proofs.ladder --count {options.count} --seed {options.seed}"
        options.out.write_text(
            "\n".join([f"The part of {options.count} instances passed, `{command}`:", "", *lines, ""])
        )
    if options.plot:
        draw(found, options.plot)
    wrong = falls(found)
    print("\n".join(wrong) or "nothing that is worse scores higher")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
