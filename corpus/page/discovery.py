"""How much of what could be drawn has been drawn: a curve, and what it says of the part that was not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Discovery:
    """What programs have shown, in the order they were drawn.

    Attributes:
        curve: after each program, how many different productions there have been.
        once: productions that occur in one program alone.
        unseen: the Good-Turing estimate of the probability that a production drawn next is one that has not occurred:
            the share of occurrences that are of productions that occurred once (Good, Biometrika 40, 1953).
        per_program: likewise, how many productions that have not occurred the next program is expected to have.
    """

    curve: tuple[int, ...]
    once: int
    unseen: float
    per_program: float


def discover(programs: Iterable[Sequence[str]]) -> Discovery:
    """What programs show; a production counts once in each of them.

    Args:
        programs: the productions of each, in order.
    """
    counts: Counter[str] = Counter()
    curve = []
    for productions in programs:
        counts.update(set(productions))
        curve.append(len(counts))
    once, total = sum(count == 1 for count in counts.values()), counts.total()
    unseen = once / total if total else 1.0
    return Discovery(tuple(curve), once, unseen, once / len(curve) if curve else 0.0)
