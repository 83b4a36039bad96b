"""The tasks for Inspect, the UK AI Security Institute's framework for evaluations. It takes the extra ``inspect``.

::

    inspect eval warpsmith/instances -T task=lift -T count=50 --model ...
"""

from __future__ import annotations

import asyncio

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

from warpsmith.tasks.table import score, task_of
from warpsmith.tasks.task import Instance

_grading = asyncio.Lock()  # one child process runs answers


@scorer(metrics=[mean(), stderr()])
def reward() -> Scorer:
    """1.0 for a right answer, 0.0 for any other, and why."""

    async def graded(state: TaskState, target: Target) -> Score:
        instance = Instance.from_json(state.metadata["instance"])
        answer = state.output.completion
        async with _grading:
            found = await asyncio.to_thread(score, instance.task, instance, answer)
        return Score(value=found.reward, answer=answer, explanation="; ".join(found.reasons))

    return graded


@task
def instances(task: str = "lift", count: int = 50, seed: int = 0) -> Task:
    """Instances of one task.

    Args:
        task: its name.
        count: how many instances.
        seed: the first one's.

    Raises:
        UsageError: the task is unknown.
    """
    asked = task_of(task)
    return Task(
        dataset=MemoryDataset([_sample(asked.instance(n), n) for n in range(seed, seed + count)], name=task),
        solver=generate(),
        scorer=reward(),
    )


def _sample(instance: Instance, seed: int) -> Sample:
    metadata = {"instance": instance.to_json(), "level": instance.difficulty["level"]}
    return Sample(id=f"{instance.task}#{seed}", input=instance.prompt, metadata=metadata)
