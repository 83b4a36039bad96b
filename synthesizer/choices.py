"""Smaller programs by smaller choices: for families whose programs no edit of their text can make smaller."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from warpsmith.grammar.chooser import Chooser, ReplayChooser
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.check import Report
from warpsmith.synthesizer.harness import Interesting


def reduce_choices(
    draw: Callable[[Chooser], Program],
    check: Callable[[Program], Report],
    case: Case,
    interesting: Interesting,
    *,
    seconds: float,
    clock: Callable[[], float],
) -> Case:
    """The smallest case that is still interesting among those whose choices are some of the given case's, or zeros.

    Args:
        draw: of the family.
        check: of the family; what it has something to say about is not tried.
        case: an interesting one.
        interesting: judges one case at a time.
        seconds: no case is tried later than that after the start.
        clock: says what time it is, in seconds.
    """
    end = clock() + seconds
    best, seen = case, {case.program.source}
    size = max(1, len(case.program.choices) // 2)
    while size:
        better = None
        for choices in _smaller(best.program.choices, size):
            if clock() > end:
                return best
            program = draw(ReplayChooser(choices))
            if program.source in seen or _cost(program) >= _cost(best.program):
                continue
            seen.add(program.source)
            candidate = replace(best, program=program)
            if not check(program).diagnostics and interesting([candidate])[0]:
                better = candidate
                break
        if better is None:
            size //= 2
        else:
            best, size = better, min(size, max(1, len(better.program.choices) // 2))
    return best


def _smaller(choices: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    """The choices without some that follow each other, and with zeros in their place."""
    for start in range(0, len(choices), size):
        yield (*choices[:start], *choices[start + size :])
        if any(choices[start : start + size]):
            yield (*choices[:start], *(0 for _ in choices[start : start + size]), *choices[start + size :])


def _cost(program: Program) -> tuple[int, int]:
    nodes = sum(1 for _ in ast.walk(ast.parse(program.source)))
    return nodes, len(str(program.launch))
