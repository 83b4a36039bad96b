"""Seeds whose programs end the process that makes them: found, kept out, and written down.

The programs of a batch are compiled together, and what a native compiler makes of one may depend on the others. So this
is part of what a row is: **a batch is its seeds less those in quarantine**. They are taken out one by one, until the
rest goes through as a whole. Which they are depends on the programs and the limits alone. A process that dies for
another reason (killed by hand, a machine short of memory) is replaced, and the next one is given the same batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from warpsmith.corpus.worker import Death, Made

Attempt: TypeAlias = Callable[[Sequence[int]], "Made | Death"]
"""Makes a batch, or tells how it ended the process."""


@dataclass(frozen=True)
class Quarantined:
    """A seed that gives no row because its program ends the process.

    Attributes:
        seed: the seed.
        stage: what was going on: ``draw``, ``load``, ``capture`` or ``execute``.
        reason: how the process ended, or what was raised.
        source: of the program, where it was drawn.
    """

    seed: int
    stage: str
    reason: str
    source: str | None = None


def isolate(attempt: Attempt, seeds: Sequence[int]) -> tuple[Made | None, list[Quarantined]]:
    """Make a batch without the seeds that end the process.

    Returns:
        The rows of the others, if there are any, and who was taken out; without sources.
    """
    left = list(seeds)
    out: list[Quarantined] = []
    while left:
        first = attempt(left)
        if isinstance(first, Made):
            return first, out
        if (found := _culprit(attempt, left, first)) is not None:
            out.append(found)
            left.remove(found.seed)
    return None, sorted(out, key=lambda q: q.seed)


def _culprit(attempt: Attempt, seeds: list[int], first: Death) -> Quarantined | None:
    """Whose fault a death was.

    Returns:
        ``None`` if it is not repeated: somebody from outside did it.
    """
    if first.certain:
        assert first.seed is not None
        return Quarantined(first.seed, first.stage, first.reason)
    deaths = _twice(attempt, seeds, first)
    if deaths is None:
        return None
    suspects = seeds
    if first.seed is not None and deaths[1] == first:
        suspects = seeds[: seeds.index(first.seed) + 1]
    else:
        suspects, deaths = _shortest(attempt, seeds, deaths)
    # Once more: what others do to a process is hardly done to the same beginning of a batch again, in the same way.
    while (death := attempt(suspects)) not in deaths:
        if isinstance(death, Made):
            return None
        deaths.append(death)
    assert isinstance(death, Death)
    return Quarantined(suspects[-1], death.stage, death.reason)


def _twice(attempt: Attempt, seeds: list[int], first: Made | Death) -> list[Death] | None:
    """The first death and another one; ``None`` if either did not happen."""
    if isinstance(first, Made) or isinstance(second := attempt(seeds), Made):
        return None
    return [first, second]


def _shortest(attempt: Attempt, seeds: list[int], deaths: list[Death]) -> tuple[list[int], list[Death]]:
    """The shortest beginning of a batch that ends the process twice, as the whole does; and how."""
    survives, dies = 0, len(seeds)
    while dies - survives > 1:
        middle = (survives + dies) // 2
        ends = _twice(attempt, seeds[:middle], attempt(seeds[:middle]))
        if ends is None:
            survives = middle
        else:
            dies, deaths = middle, ends
    return seeds[:dies], deaths
