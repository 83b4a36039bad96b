"""Where the grammar asks for decisions: one small interface, driven by Hypothesis, by a seed, or by a recording."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


class Chooser(ABC):
    """Answers the grammar's questions and records the answers.

    Every question is one integer, so a program is a list of integers. Zero is always the simplest answer: shrinking
    goes there.

    Attributes:
        choices: the answers so far.
    """

    def __init__(self) -> None:
        self.choices: list[int] = []

    @abstractmethod
    def _draw(self, high: int) -> int:
        """An integer in ``[0, high]``."""

    def integer(self, low: int, high: int) -> int:
        """An integer in ``[low, high]``; ``low`` is the simplest."""
        if high <= low:
            return low
        answer = self._draw(high - low)
        self.choices.append(answer)
        return low + answer

    def choose(self, options: Sequence[T], weights: Sequence[int] | None = None) -> T:
        """One of ``options``, the first being the simplest.

        Args:
            options: at least one.
            weights: relative frequencies, non-negative, at least one positive; uniform without.
        """
        if weights is None:
            return options[self.integer(0, len(options) - 1)]
        if len(options) == 1:
            return options[0]
        bounds = list(accumulate(weights))
        point = self.integer(0, bounds[-1] - 1)
        for option, bound in zip(options, bounds, strict=True):
            if point < bound:
                return option
        raise AssertionError("weights sum to the last bound")

    def chance(self, percent: int) -> bool:
        """Whether an event of that probability happens; ``False`` is the simplest answer."""
        return self.integer(0, 99) >= 100 - percent


class SeededChooser(Chooser):
    """Answers from a seed: the driver of bulk synthesis.

    ``random.Random`` seeded with a string hashes it with SHA-512 and draws the same integers on every platform and
    Python version that the project supports.
    """

    def __init__(self, seed: int | str) -> None:
        super().__init__()
        self._random = random.Random(f"warpsmith:{seed}").random

    def _draw(self, high: int) -> int:
        return int(self._random() * (high + 1))


class ReplayChooser(Chooser):
    """Answers from a recording; past its end, and where an answer is out of range, the simplest admissible one."""

    def __init__(self, choices: Sequence[int]) -> None:
        super().__init__()
        self._answers = iter(choices)

    def _draw(self, high: int) -> int:
        return min(next(self._answers, 0), high)


class DrawnChooser(Chooser):
    """Answers from a function ``(low, high) -> int``, such as a Hypothesis ``draw`` of ``integers``."""

    def __init__(self, draw: Callable[[int, int], int]) -> None:
        super().__init__()
        self._draw_integer = draw

    def _draw(self, high: int) -> int:
        return self._draw_integer(0, high)
