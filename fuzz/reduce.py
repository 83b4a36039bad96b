"""The reducer: from a failing program to a small one that still fails in the same way.

Edits come from :mod:`fuzz.reductions`, whole statements before expressions before data. Every edit makes the program
smaller, so the search ends; and it ends at a program that no single edit makes smaller, or when its time is up. After
Zeller and Hildebrandt, Simplifying and isolating failure-inducing input, IEEE TSE 28 (2002), with edits that know the
language, as in Regehr et al., Test-case reduction for C compiler bugs, PLDI 2012.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TypeAlias

from warpsmith.fuzz.reductions import FINISHES, PASSES, Trial
from warpsmith.fuzz.reductions.candidate import Candidate, Edit
from warpsmith.fuzz.reductions.ends import Ends
from warpsmith.fuzz.reductions.view import TypedView, is_well_typed
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Interesting

__all__ = ["Candidate", "Judge", "reduce", "reduce_case"]

Judge: TypeAlias = Callable[[Sequence[Candidate]], Sequence[bool]]
"""Which of several candidates still fail in the same way, and are defined; they are cheaper to judge together."""

_Group: TypeAlias = tuple[Edit, ...]
_SHRINK = 4
"""By how much groups of edits get smaller from one round to the next."""


class _TimeUp(Exception):
    """The search ends here, with what it has."""


def reduce_case(case: Case, interesting: Interesting, *, seconds: float, clock: Callable[[], float]) -> Case:
    """The smallest case with one input set that edits of its program and of its data lead to; see :func:`reduce`."""

    def cases(candidates: Sequence[Candidate]) -> list[Case]:
        return [case.pruned(candidate.program, candidate.data) for candidate in candidates]

    smallest = reduce(
        Candidate(case.program, case.sets[0]),
        lambda candidates: interesting(cases(candidates)),
        seconds=seconds,
        clock=clock,
    )
    return cases([smallest])[0]


def reduce(
    start: Candidate,
    interesting: Judge,
    *,
    seconds: float,
    batch: int = 10,
    clock: Callable[[], float] = time.monotonic,
) -> Candidate:
    """A smaller candidate that is still interesting.

    Args:
        start: an interesting candidate; it is not judged again.
        interesting: judges up to ``batch`` candidates at once. They are well typed, their loops end, and they differ
            from all judged before.
        seconds: no candidate is made later than that after the start.
        batch: how many candidates are judged at once.
        clock: says what time it is, in seconds.

    Returns:
        The smallest candidate that was found interesting; ``start`` if none was. The same candidate and the same
        answers give the same result, as far as the time reaches.

    Raises:
        ValueError: ``batch`` is not positive.
    """
    if batch < 1:
        raise ValueError(f"a batch has at least one candidate, got {batch}")
    deadline = clock() + seconds
    search = _Search(start, interesting, batch, lambda: clock() >= deadline)
    with suppress(_TimeUp):
        search.run()
    return start if search.best.key == start.key else search.best


def _rank(trial: tuple[_Group, Candidate]) -> tuple[int, ...]:
    return *trial[1].size, trial[1].digits


class _Search:
    """The smallest interesting candidate so far, and what has been tried."""

    def __init__(self, start: Candidate, interesting: Judge, batch: int, late: Callable[[], bool]) -> None:
        self.best = start
        self._interesting = interesting
        self._batch = batch
        self._late = late
        self._tried = {start.key}
        self._finishes: list[Edit] = []
        self._view = TypedView(start)
        self._ends = Ends(start.module)

    def run(self) -> None:
        """Try every edit of every pass, again and again until none succeeds."""
        self._take(self._view.candidate)
        self._each([(finish,) for finish in FINISHES])
        before = None
        while before != self.best.key:
            before = self.best.key
            for entry in PASSES:
                if self.best.launch.steps and not entry.several:
                    continue
                if self._view.candidate is not self.best:
                    self._view = TypedView(self.best)
                    self._take(self._view.candidate)
                edits = entry.edits(self._view)
                if entry.trial is Trial.TOGETHER:
                    self._together(edits)
                else:
                    self._each([(edit,) for edit in edits], combine=entry.trial is Trial.EACH)

    def _together(self, edits: list[Edit]) -> None:
        """Try all edits at once, then ever smaller groups of those that are left."""
        size = len(edits)
        while edits:
            done = self._each([tuple(edits[i : i + size]) for i in range(0, len(edits), size)])
            edits = [edit for edit in edits if edit not in done] if size > 1 else []
            size = max(1, size // _SHRINK)

    def _each(self, groups: Iterable[_Group], combine: bool = True) -> set[Edit]:
        """Try groups of edits batch by batch; those whose edits have been made."""
        done: set[Edit] = set()
        trials = ((group, candidate) for group in groups for candidate in self._made(group))
        while batch := list(islice(trials, self._batch)):
            found = self._judged(batch)
            if combine and len(found) > 1:
                ranked = [group for group, _ in sorted(found, key=_rank)]
                joint = [tuple(chain(*ranked[:n])) for n in (len(ranked), len(ranked) // 2) if n > 1]
                found += self._judged([(group, candidate) for group in joint for candidate in self._made(group)])
            if found:
                group, candidate = min(found, key=_rank)
                self._take(candidate)
                done.update(group)
        return done

    def _made(self, group: _Group) -> Iterator[Candidate]:
        """What the edits of the group make of the best candidate, if that is smaller, well typed and new."""
        if self._late():
            raise _TimeUp
        candidate = self.best
        for edit in group:
            candidate = edit(candidate) or candidate
        if candidate is self.best:
            return
        for finish in self._finishes:
            candidate = finish(candidate) or candidate
        if candidate.key not in self._tried and candidate.is_smaller(self.best):
            self._tried.add(candidate.key)
            if self._ends.sure(candidate.module) and is_well_typed(candidate.module):
                yield candidate

    def _judged(self, trials: Sequence[tuple[_Group, Candidate]]) -> list[tuple[_Group, Candidate]]:
        """Those that are interesting."""
        if not trials:
            return []
        answers = self._interesting([candidate for _, candidate in trials])
        return [trial for trial, answer in zip(trials, answers, strict=True) if answer]

    def _take(self, candidate: Candidate) -> None:
        self.best = candidate
        # What a finish would take away from the best candidate matters to it, or has not been tried yet.
        self._finishes = [finish for finish in FINISHES if finish(candidate) is None]
