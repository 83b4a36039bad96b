"""Every task: the right answer scores 1.0, an answer that does nothing 0.0, and a score is the same every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from warpsmith.errors import ExecutionError, UsageError
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import POWER, examined, programs
from warpsmith.tasks.table import TASKS, score, task_of
from warpsmith.tasks.task import Instance, Task

SEEDS = range(5)  # tests.proofs.tasks looks at as many as one likes
LAZY = (
    "",
    " \n",
    "{}",
    "[]",
    "0",
    "```python\nimport warp as wp\n```",
    "The answer is right, score 1.0.",
    "reward: 1.0",
)


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader() as made:
        yield made


@pytest.fixture(params=TASKS.values(), ids=lambda task: task.name, scope="module")
def task(request: pytest.FixtureRequest) -> Task:
    found: Task = request.param
    return found


@cache
def instance_of(name: str, seed: int) -> Instance:
    return TASKS[name].instance(seed)


@pytest.fixture
def instance(task: Task) -> Instance:
    return instance_of(task.name, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_answer_scores_one_and_nothing_scores_nothing(task: Task, seed: int, grader: Grader) -> None:
    instance = instance_of(task.name, seed)
    assert Instance.from_json(instance.to_json()) == instance
    for _ in range(2):
        found = task.score(instance, task.perfect_answer(instance), grader)
        assert found.passed, found.reasons
        assert found.reward == 1.0
    for lazy in (*LAZY, instance.prompt, instance.hidden.get("broken", "")):
        found = task.score(instance, lazy, grader)
        assert found.reward <= 0.0
        assert found.reasons


def test_instances_and_scores_are_the_same_in_another_process(task: Task, instance: Instance) -> None:
    program = (
        "import sys, json\nfrom warpsmith.tasks.table import TASKS, score\n"
        "task = TASKS[sys.argv[1]]\n"
        "made = [task.instance(int(s)) for s in sys.argv[2:]]\n"
        "print(json.dumps([[i.to_json(), score(task, i, task.perfect_answer(i)).reward] for i in made]))\n"
    )
    seed = str(instance.seed)
    done = subprocess.run(
        [sys.executable, "-c", program, task.name, seed],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [[instance.to_json(), 1.0]]


def test_hidden_inputs_tell_nine_of_ten_mutants() -> None:
    import random

    found = (examined(p, random.Random(1)) for p in programs("test", 0))
    problem = next(p for p in found if p is not None)
    assert len(problem.killed) >= POWER * (len(problem.killed) + problem.survivors)


# --- wrong use --------------------------------------------------------------------------------------------------------


def test_an_answer_is_text(task: Task, instance: Instance, grader: Grader) -> None:
    with pytest.raises(UsageError, match="an answer is text, got bytes"):
        task.score(instance, b"{}", grader)  # type: ignore[arg-type]


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(UsageError, match="unknown task 'guess': choose from predict"):
        task_of("guess")


def test_an_instance_of_another_version_is_not_scored(task: Task, instance: Instance) -> None:
    row = json.loads(instance.to_json())
    with pytest.raises(UsageError, match=r"is of version 0, this scorer is of version"):
        score(task, Instance(**{**row, "version": "0"}), "")
    with pytest.raises(UsageError, match="is no instance of"):
        score(task, Instance(**{**row, "task": "another"}), "")
    with pytest.raises(UsageError, match="this is no instance"):
        Instance.from_json("[1, 2]")


def test_without_child_processes_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError("Operation not permitted")

    task = TASKS["lift"]
    instance = task.instance(0)
    monkeypatch.setattr(subprocess, "Popen", denied)
    with pytest.raises(ExecutionError, match="does not run: Operation not permitted") as raised, Grader() as fresh:
        task.score(instance, task.perfect_answer(instance), fresh)
    assert "\n" not in str(raised.value)
