"""Equality by execution: an answer's kernel on hidden inputs, forward and gradient, against the reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Failure, Job, Result
from warpsmith.synthesizer.reference import Outcome
from warpsmith.tasks.comparison import difference
from warpsmith.tasks.data import Data, Rows, packed_all, unpacked_all
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import Problem

_PATH = re.compile(r"/[^\s:'\"]*")


def hidden_cases(problem: Problem) -> dict[str, Any]:
    """What :func:`wrong` needs: the launch, the hidden inputs, and what should come out."""
    graded = problem.adjoints if problem.has_gradient else None
    weights = [graded, *(None for _ in problem.sets[1:])]
    return cases(problem.program, problem.sets, problem.outcomes, weights)


def cases(
    program: Program,
    sets: Sequence[Sequence[Data]],
    outcomes: Sequence[Outcome],
    adjoints: Sequence[Sequence[Data | None] | None],
) -> dict[str, Any]:
    """The same of any program.

    Args:
        program: what is launched.
        sets: input sets.
        outcomes: what should come of each; with gradients where they are asked for.
        adjoints: of each set's outputs; ``None`` where no gradient is asked for.
    """
    launch = program.launch
    rows = list(zip(outcomes, adjoints, strict=True))
    return {
        "kernel": program.entry,
        "names": [a.name for a in launch.arguments],
        "parameters": [types.name(a.type) for a in launch.arguments],
        "dim": list(launch.dim),
        "sets": [packed_all(data) for data in sets],
        "values": [packed_all(o.values) for o in outcomes],
        "errors": [packed_all(o.errors) for o in outcomes],
        "adjoints": [None if w is None else packed_all(w) for w in adjoints],
        "gradients": [None if w is None else packed_all(o.gradients or ()) for o, w in rows],
        "gradient_errors": [None if w is None else packed_all(o.gradient_errors or ()) for o, w in rows],
    }


def wrong(source: str, hidden: Mapping[str, Any], grader: Grader) -> tuple[str, ...]:
    """What a program does wrong on the hidden inputs, in words; nothing if it does what it should.

    Args:
        source: a program that was admitted.
        hidden: see :func:`hidden_cases`.
        grader: runs it.
    """
    return verdict(hidden, grader.run(job(source, hidden)))


def verdict(hidden: Mapping[str, Any], result: Result) -> tuple[str, ...]:
    """What is wrong with what a program did, in words; see :func:`wrong`."""
    if result.failure is not None:
        return (_told(result.failure),)
    for number, outputs in enumerate(result.outputs):
        found = _difference(hidden, "values", "errors", number, outputs)
        if found:
            return (f"on hidden input {number}: {found}",)
    for number, gradients in enumerate(result.gradients or ()):
        found = _difference(hidden, "gradients", "gradient_errors", number, gradients)
        if found:
            return (f"on hidden input {number}: gradient by {found}",)
    return ()


def _difference(hidden: Mapping[str, Any], values: str, errors: str, number: int, actual: Rows) -> str:
    if hidden[values][number] is None:
        return ""
    expected, bounds = unpacked_all(hidden[values][number]), unpacked_all(hidden[errors][number])
    return difference(hidden["names"], expected, bounds, actual)


def job(source: str, hidden: Mapping[str, Any]) -> Job:
    """What there is to do with a program that was admitted; see :func:`wrong`."""
    sets = tuple(tuple(a for a in unpacked_all(rows) if a is not None) for rows in hidden["sets"])
    adjoints = None
    if any(rows is not None for rows in hidden["adjoints"]):
        nothing = [None] * len(hidden["names"])
        adjoints = tuple(tuple(unpacked_all(nothing if rows is None else rows)) for rows in hidden["adjoints"])
    return Job(source, hidden["kernel"], tuple(hidden["dim"]), sets, adjoints)


def _told(failure: Failure) -> str:
    """Why a program did not run: the same whenever and wherever that is, so without paths."""
    message = failure.message
    if failure.stage == "crash":
        signal = message.partition(";")[0]
        message = "an index is out of range" if "array.h" in message else signal
    return f"{failure.stage}: {_PATH.sub('', message)}"[:400]
