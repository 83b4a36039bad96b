"""Every task, and the one function that scores answers."""

from __future__ import annotations

from warpsmith.errors import UsageError
from warpsmith.tasks.adjoint import ADJOINT
from warpsmith.tasks.grader import Grader, grader
from warpsmith.tasks.lift import LIFT
from warpsmith.tasks.predict import DIFFERENTIATE, PREDICT
from warpsmith.tasks.refuse import REFUSE
from warpsmith.tasks.repair import REPAIR
from warpsmith.tasks.task import Instance, Score, Task
from warpsmith.tasks.translate import TRANSLATE

TASKS: dict[str, Task] = {
    task.name: task for task in (PREDICT, REFUSE, LIFT, REPAIR, TRANSLATE, DIFFERENTIATE, ADJOINT)
}
"""Every task by name."""


def task_of(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in TASKS:
        raise UsageError(f"unknown task {name!r}: choose from {', '.join(TASKS)}")
    return TASKS[name]


def score(task: str | Task, instance: Instance, answer: str, by: Grader | None = None) -> Score:
    """What an answer is worth: pure and deterministic, on the CPU.

    An answer that is code is parsed, held to a list of what kernels need, type-checked, and written anew from its tree;
    what has to run runs in a confined process of its own, and never in this one.

    Args:
        task: a task, or its name.
        instance: of that task.
        answer: what was answered.
        by: who runs answers; one for the whole process by default.

    Raises:
        UsageError: the task is unknown, the instance is of another task or version, or the answer is not text.
        ExecutionError: an answer has to be run, and no child process can be started.
    """
    asked = task_of(task) if isinstance(task, str) else task
    return asked.score(instance, answer, by or grader())
