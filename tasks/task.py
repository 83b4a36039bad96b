"""A task is a value: how an instance is made from a seed, how it is asked, how an answer is scored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from warpsmith.errors import UsageError
from warpsmith.grammar.program import Program
from warpsmith.grammar.registry import warp_version
from warpsmith.tasks.programs import VERSION
from warpsmith.tasks.split import split

if TYPE_CHECKING:
    from warpsmith.tasks.grader import Grader


@dataclass(frozen=True)
class Instance:
    """One question: inert data, which goes to JSON and back.

    Attributes:
        task: the task's name.
        version: of the task and of Warp; only the same one scores it.
        seed: from which it was made.
        family: of the program.
        split: ``train``, ``validation``, ``test`` or ``test_ood``, by the program's skeleton, as in a corpus.
        difficulty: the program's measured shape, and the ``level`` that follows from it.
        prompt: what is shown to whoever answers.
        hidden: what the scorer needs, the right answer among it: not to be shown.
    """

    task: str
    version: str
    seed: int
    family: str
    split: str
    difficulty: Mapping[str, Any]
    prompt: str
    hidden: Mapping[str, Any]

    def to_json(self) -> str:
        """The instance as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Instance:
        """The instance of a line of JSON.

        Raises:
            UsageError: it is none.
        """
        try:
            row = json.loads(text)
            return cls(**{field.name: row[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f"this is no instance: {error!r}") from error


@dataclass(frozen=True)
class Score:
    """What an answer is worth.

    Attributes:
        reward: up to 1.0 for a right answer, 0.0 for any other.
        passed: whether it is right.
        reasons: what is wrong with it, in words.
    """

    reward: float
    passed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """What a task makes of a seed; see :class:`Instance`. Its split is that of the program."""

    difficulty: Mapping[str, Any]
    prompt: str
    hidden: Mapping[str, Any]
    program: Program


@dataclass(frozen=True)
class Task:
    """One kind of question.

    Attributes:
        name: what ``--task`` calls it.
        version: changes whenever a seed may give another instance, or an answer another score.
        asks: what is given and asked, in one line.
        perfect: what a perfect answer is, in one line.
        make: from a seed to an instance, always the same one.
        faults: of an instance, an answer and a grader, what is wrong with the answer, in words; nothing if it is right.
        oracle: the right answer.
        chance: the reward that the best answer gets that does not look at the question.
        family: of the programs.
        worth: of an instance and a right answer, its reward.
    """

    name: str
    version: int
    asks: str
    perfect: str
    make: Callable[[int], Draft]
    faults: Callable[[Instance, str, Grader], tuple[str, ...]]
    oracle: Callable[[Instance], str]
    chance: float = 0.0
    family: str = "kernels"
    worth: Callable[[Instance, str], float] = lambda instance, answer: 1.0

    @property
    def release(self) -> str:
        """The version that instances carry. Programs have one, and what hidden cases leave open depends on Warp's."""
        return f"{self.version}, programs {VERSION}, warp {warp_version()}"

    def instance(self, seed: int) -> Instance:
        """The instance of a seed: the same in any process.

        Raises:
            UsageError: the seed is negative.
        """
        if seed < 0:
            raise UsageError(f"the seed must not be negative, got {seed}")
        draft = self.make(seed)
        hidden = json.loads(json.dumps(draft.hidden))  # as it comes back from JSON
        shape, where = draft.difficulty, split(draft.program)
        return Instance(self.name, self.release, seed, self.family, where, shape, draft.prompt, hidden)

    def perfect_answer(self, instance: Instance) -> str:
        """What the oracle answers."""
        return self.oracle(self.checked(instance))

    def checked(self, instance: Instance) -> Instance:
        """The instance, if it is of this task.

        Raises:
            UsageError: it is of another task or version.
        """
        if instance.task != self.name:
            raise UsageError(f"an instance of {instance.task!r} is no instance of {self.name!r}")
        if instance.version != self.release:
            raise UsageError(f"the instance is of version {instance.version}, this scorer is of version {self.release}")
        return instance

    def score(self, instance: Instance, answer: str, grader: Grader) -> Score:
        """What an answer is worth; the same answer always gets the same score.

        Raises:
            UsageError: the instance is of another task or version, or the answer is not text.
            ExecutionError: an answer has to be run, and no child process can be started.
        """
        self.checked(instance)
        if not isinstance(answer, str):
            raise UsageError(f"an answer is text, got {type(answer).__name__}")
        reasons = self.faults(instance, answer, grader)
        return Score(0.0 if reasons else self.worth(instance, answer), not reasons, reasons)
