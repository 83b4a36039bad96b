"""How far the contexts of a profile are trusted, estimated by leaving files out.

A rule is drawn as often as in its context, mixed with how often it is drawn in a wider one. The wider one's share is
that of Witten and Bell (IEEE Trans. Inf. Theory 37, 1991), the number of distinct rules beside the number of all, times
a *concentration*: one per level of context, under which each file is most likely given the other files.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warpsmith.grammar.profile import IDIOM, level_of
from warpsmith.synthesizer.profiling.kinds import UNREAD, FunctionForm
from warpsmith.synthesizer.profiling.tally import Event

_GRID = (10, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400)
"""Concentrations that are tried, in percent."""
_ROUNDS = 3


def concentrations(files: Sequence[Counter[Event]]) -> dict[str, int]:
    """The best concentration of each level, in percent.

    Args:
        files: what was counted in each file.
    """
    found: dict[str, int] = {}
    by_levels: defaultdict[tuple[str, ...], list[tuple[int, Event, int]]] = defaultdict(list)
    for number, events in enumerate(files):
        for (contexts, rule), n in events.items():
            if not rule.startswith(IDIOM):
                by_levels[tuple(map(level_of, contexts))].append((number, (contexts, rule), n))
    for levels, rows in by_levels.items():
        found.update(zip(levels, _best(_LeftOut.of(rows, len(levels))), strict=True))
    return found


@dataclass(frozen=True)
class _LeftOut:
    """For each event what the other files say: a row per event, a column per level.

    Attributes:
        weights: how often each event occurs.
        same: how often its rule occurs in the context.
        total: how often any rule does.
        kinds: how many distinct rules do.
        distinct: how many rules there are.
    """

    weights: NDArray[Any]
    same: NDArray[Any]
    total: NDArray[Any]
    kinds: NDArray[Any]
    distinct: int

    @staticmethod
    def of(rows: Sequence[tuple[int, Event, int]], levels: int) -> _LeftOut:
        """Counts all files, and from each event's context takes what its own file has."""
        everything: defaultdict[str, Counter[str]] = defaultdict(Counter)
        own: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        for file, (contexts, rule), n in rows:
            for context in contexts:
                everything[context][rule] += n
                own[file, context][rule] += n
        sizes = {c: (sum(t.values()), len(t)) for c, t in everything.items()}
        taken = {
            (file, c): (sum(t.values()), sum(n == everything[c][rule] for rule, n in t.items()))
            for (file, c), t in own.items()
        }
        found = np.zeros((3, len(rows), levels))
        for i, (file, (contexts, rule), _) in enumerate(rows):
            for j, c in enumerate(contexts):
                (total, kinds), (less, fewer) = sizes[c], taken[file, c]
                found[:, i, j] = everything[c][rule] - own[file, c][rule], total - less, kinds - fewer
        weights = np.array([n for _, _, n in rows], float)
        return _LeftOut(weights, found[0], found[1], found[2], len({rule for _, (_, rule), _ in rows}))

    def likelihood(self, percent: Sequence[int]) -> float:
        """The logarithm of how likely the files are, each given the others."""
        p = np.full(len(self.weights), 1 / (1 + self.distinct))
        for level in reversed(range(self.same.shape[1])):
            wider = percent[level] / 100 * self.kinds[:, level]
            known = self.total[:, level] > 0
            divisor = np.where(known, self.total[:, level] + wider, 1.0)
            p = np.where(known, (self.same[:, level] + wider * p) / divisor, p)
        return float(self.weights @ np.log(p))


def _best(seen: _LeftOut) -> list[int]:
    """Concentrations under which the files are most likely: level by level, until all were tried some times."""
    best = [400] * seen.same.shape[1]
    for _ in range(_ROUNDS):
        for level in range(len(best)):
            options = [[*best[:level], c, *best[level + 1 :]] for c in _GRID]
            best = max(options, key=seen.likelihood)
    return best


def novelty(files: Sequence[Sequence[FunctionForm]]) -> int:
    """Percent of a file's statements that have what no other file has, or what no rule says.

    It is the estimate of Good and Turing for the next file.

    Args:
        files: the functions of each file.
    """
    statements = [[_rules(s) for f in functions for s in f.everything()] for functions in files]
    occurs = Counter(rule for file in statements for rule in set().union(*file))
    new = sum(any(rule == UNREAD or occurs[rule] == 1 for rule in rules) for file in statements for rules in file)
    return round(100 * new / max(1, sum(map(len, statements))))


def _rules(statement: Any) -> set[str]:
    """The rules of a statement, without its blocks; numbers are no rules of their own."""
    forms = [statement, *(f for operand in statement.operands for f in operand.everything())]
    return {UNREAD if f.head == UNREAD else str(f.rule) for f in forms if not f.head.startswith("const:")}
