"""The tasks as a taskset of ``verifiers``, whose id is this module's name. It takes the extra ``verifiers``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import verifiers.v1 as vf

from warpsmith.tasks.table import score, task_of
from warpsmith.tasks.task import Instance

_grading = asyncio.Lock()  # one child process runs answers


class WarpsmithData(vf.TaskData):
    """One instance; its prompt is what a model is shown, and the rest is for the scorer.

    Attributes:
        task: the task's name.
        instance: the instance as JSON.
    """

    task: str
    instance: str


class WarpsmithTask(vf.Task[WarpsmithData]):
    """An instance, and what an answer to it is worth."""

    @vf.reward(weight=1.0)
    async def correct(self, trace: vf.Trace) -> float:
        """1.0 for a right answer, 0.0 for any other."""
        instance = Instance.from_json(self.data.instance)
        async with _grading:
            found = await asyncio.to_thread(score, self.data.task, instance, trace.last_reply)
        return found.reward


class WarpsmithConfig(vf.TasksetConfig):
    """Which instances.

    Attributes:
        tasks: names of tasks, which take turns.
        seed: the first instance's.
    """

    tasks: tuple[str, ...] = ("lift",)
    seed: int = 0


class WarpsmithTaskset(vf.Taskset[WarpsmithTask, WarpsmithConfig]):
    """Instances without end, a seed of every task after the other."""

    INFINITE = True

    def load(self) -> Iterator[WarpsmithTask]:
        """Make them, one when it is asked for."""
        tasks, seed = [task_of(name) for name in self.config.tasks], self.config.seed
        while True:
            for task in tasks:
                made = task.instance(seed)
                name = f"{task.name}#{seed}"
                data = WarpsmithData(name=name, prompt=made.prompt, task=task.name, instance=made.to_json())
                yield WarpsmithTask(data, self.config.task)
            seed += 1


__all__ = ["WarpsmithTaskset"]
