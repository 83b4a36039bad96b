"""The tasks for TRL: a reward function for its trainers. It needs nothing of TRL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from warpsmith.tasks.table import score
from warpsmith.tasks.task import Instance

Completion: TypeAlias = "str | Sequence[dict[str, Any]]"
"""Text, or messages of which the last one is the answer."""


def reward(completions: Sequence[Completion], task: Sequence[str], instance: Sequence[str], **_: Any) -> list[float]:
    """Rewards of a batch, for ``GRPOTrainer(reward_funcs=reward, ...)`` on rows that ``warpsmith tasks`` wrote.

    Args:
        completions: what was answered.
        task: the column of that name.
        instance: the column of that name.

    Raises:
        UsageError: a task is unknown, or an instance is of another version.
        ExecutionError: an answer has to be run, and no child process can be started.
    """
    rows = zip(completions, task, instance, strict=True)
    return [score(name, Instance.from_json(row), _text(answer)).reward for answer, name, row in rows]


def _text(completion: Completion) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
