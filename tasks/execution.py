"""Equality by execution: an answer's kernel on hidden inputs, forward and gradient, against the reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from warpsmith.grammar import types
from warpsmith.ir.execute import Failure, Job
from warpsmith.tasks.comparison import difference
from warpsmith.tasks.data import packed_all, unpacked_all
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import Problem

_PATH = re.compile(r"/[^\s:'\"]*")


def hidden_cases(problem: Problem) -> dict[str, Any]:
    """What :func:`wrong` needs: the launch, the hidden inputs, and what should come out."""
    program, outcomes = problem.program, problem.outcomes
    first, launch = outcomes[0], program.launch
    graded = problem.has_gradient and first.gradients is not None and first.gradient_errors is not None
    return {
        "kernel": program.entry,
        "names": problem.names,
        "parameters": [types.name(a.type) for a in launch.arguments],
        "dim": list(launch.dim),
        "sets": [packed_all(data) for data in problem.sets],
        "values": [packed_all(o.values) for o in outcomes],
        "errors": [packed_all(o.errors) for o in outcomes],
        "adjoints": packed_all(problem.adjoints) if graded else None,
        "gradients": packed_all(first.gradients or ()) if graded else None,
        "gradient_errors": packed_all(first.gradient_errors or ()) if graded else None,
    }


def wrong(source: str, hidden: Mapping[str, Any], grader: Grader) -> tuple[str, ...]:
    """What a program does wrong on the hidden inputs, in words; nothing if it does what it should.

    Args:
        source: a program that was admitted.
        hidden: see :func:`hidden_cases`.
        grader: runs it.
    """
    result = grader.run(_job(source, hidden))
    if result.failure is not None:
        return (_told(result.failure),)
    names: Sequence[str] = hidden["names"]
    for number, (values, errors) in enumerate(zip(hidden["values"], hidden["errors"], strict=True)):
        found = difference(names, unpacked_all(values), unpacked_all(errors), result.outputs[number])
        if found:
            return (f"on hidden input {number}: {found}",)
    if hidden["gradients"] is None or result.gradients is None:
        return ()
    expected, bounds = unpacked_all(hidden["gradients"]), unpacked_all(hidden["gradient_errors"])
    found = difference(names, expected, bounds, result.gradients[0])
    return (f"gradient by {found}",) if found else ()


def _told(failure: Failure) -> str:
    """Why a program did not run: the same whenever and wherever that is, so without paths."""
    message = failure.message
    if failure.stage == "crash":
        signal = message.partition(";")[0]
        message = "an index is out of range" if "array.h" in message else signal
    return f"{failure.stage}: {_PATH.sub('', message)}"[:400]


def _job(source: str, hidden: Mapping[str, Any]) -> Job:
    sets = tuple(tuple(a for a in unpacked_all(rows) if a is not None) for rows in hidden["sets"])
    adjoints = None
    if hidden["adjoints"] is not None:
        first = tuple(unpacked_all(hidden["adjoints"]))
        adjoints = (first, *((None,) * len(first) for _ in sets[1:]))
    return Job(source, hidden["kernel"], tuple(hidden["dim"]), sets, adjoints)
