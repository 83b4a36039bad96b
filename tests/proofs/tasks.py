"""``python -m tests.proofs.tasks --count N``: the right answer is right, and an answer that does nothing is not.

For each task, N instances from unseen seeds: the oracle's answer must score 1.0, and every answer that does nothing at
most 0.0; C++ that is Warp's but for an empty statement must pass by what it does. The digest is over all instances and
scores: it must be the same with any ``--jobs`` and ``PYTHONHASHSEED``.
Exits with 1 if anything is not as it must be.

``--verdicts N`` asks instead how long N verdicts on one right answer of each task take, and how much memory is used
after the first and the last of them, here and in the process that runs the answer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.proofs.answerers import altered
from warpsmith.ir.child import memory_of_children
from warpsmith.ir.runner.process import used
from warpsmith.tasks.grader import Grader, grader
from warpsmith.tasks.table import TASKS

FIRST = 1_000_000
"""The first seed: tests and examples have lower ones."""
LAZY = ("", "{}", "[]", "0", "pass", "import warp as wp", '{"reward": 1.0, "passed": true}')


@dataclass(frozen=True)
class Row:
    """What became of one instance.

    Attributes:
        seed: the instance's.
        digest: of the instance and its scores.
        faults: what is not as it must be.
        making: seconds that the instance took.
        scoring: seconds that the verdict on the right answer took.
        level: of difficulty.
    """

    seed: int
    digest: str
    faults: tuple[str, ...]
    making: float
    scoring: float
    level: str


def examined(name: str, seed: int) -> Row:
    """One instance, asked, answered and scored."""
    task, by = TASKS[name], grader()
    began = time.perf_counter()
    instance = task.instance(seed)
    made = time.perf_counter()
    right = task.score(instance, task.perfect_answer(instance), by)
    scored = time.perf_counter()
    lazy = [task.score(instance, text, by) for text in (*LAZY, instance.prompt, instance.hidden.get("broken", ""))]
    faults = [] if right.passed and right.reward == 1.0 else [f"the right answer is wrong: {'; '.join(right.reasons)}"]
    faults += ["an answer that does nothing is rewarded" for score in lazy if score.reward > 0.0]
    if "module" in instance.hidden:
        same = task.score(instance, altered(instance), by)
        faults += [] if same.passed else [f"C++ that does the same is wrong: {'; '.join(same.reasons)}"]
    text = "\0".join([instance.to_json(), *(f"{s.reward} {s.reasons}" for s in (right, *lazy))])
    digest = hashlib.sha256(text.encode()).hexdigest()
    level = str(instance.difficulty["level"])
    return Row(seed, digest, tuple(faults), made - began, scored - made, level)


def speed(name: str, count: int) -> dict[str, object]:
    """So many verdicts on the right answer to one instance."""
    task = TASKS[name]
    instance = task.instance(FIRST)
    answer, memory = task.perfect_answer(instance), []
    began = time.process_time() + _seconds_of_children()
    with Grader() as by:
        for number in range(count):
            assert task.score(instance, answer, by).passed
            if number in (0, count - 1):
                memory.append([round(b / 2**20) for b in (used()["resident"], memory_of_children())])
    seconds = time.process_time() + _seconds_of_children() - began
    return {"verdicts": count, "verdicts per CPU second": round(count / seconds, 1), "MiB": memory}


def _seconds_of_children() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def figures(rows: Sequence[Row]) -> dict[str, object]:
    """What the rows of one task say together."""
    scoring = sorted(row.scoring for row in rows)
    return {
        "instances": len(rows),
        "right": sum(not row.faults for row in rows),
        "wrong": [f"{row.seed}: {fault}" for row in rows for fault in row.faults],
        "digest": hashlib.sha256("".join(row.digest for row in rows).encode()).hexdigest()[:16],
        "levels": {level: sum(row.level == level for row in rows) for level in sorted({row.level for row in rows})},
        "seconds an instance": round(sum(row.making for row in rows) / len(rows), 2),
        "seconds a verdict": round(scoring[len(rows) // 2], 4),
    }


def main() -> int:
    """Prints the figures of each task as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--task", dest="tasks", action="append", choices=TASKS, help="all of them by default")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--verdicts", type=int, help="measure the speed of so many verdicts of each task instead")
    options = parser.parse_args()
    if options.verdicts:
        for name in options.tasks or TASKS:
            print(json.dumps({"task": name, **speed(name, options.verdicts)}), flush=True)
        return 0
    seeds, failed = range(options.seed, options.seed + options.count), False
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for name in options.tasks or TASKS:
            rows = list(pool.map(examined, [name] * len(seeds), seeds))
            failed |= any(row.faults for row in rows)
            print(json.dumps({"task": name, **figures(rows)}), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
