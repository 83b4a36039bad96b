"""The edits of the reducer, in the order they are tried: what takes most away comes first."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from warpsmith.fuzz.reductions import definitions, expressions, inlining, launches, statements
from warpsmith.fuzz.reductions.candidate import Edit
from warpsmith.fuzz.reductions.view import TypedView


class Trial(enum.Enum):
    """How the edits of a pass are tried."""

    ALONE = "one at a time; one success rules out the others"
    EACH = "one at a time, the successes together"
    TOGETHER = "all at once, then in ever smaller groups"


@dataclass(frozen=True)
class EditPass:
    """Edits of one kind.

    Attributes:
        edits: how they are found in a candidate.
        trial: how they are tried.
        several: whether they are for programs that launch several kernels, too.
    """

    edits: Callable[[TypedView], list[Edit]]
    trial: Trial
    several: bool = True


FINISHES: tuple[Edit, ...] = (definitions.swept, definitions.cleaned)
"""What follows every edit, unless what it would take away has been shown to matter."""

PASSES: tuple[EditPass, ...] = (
    EditPass(launches.fewer_steps, Trial.EACH),
    EditPass(
        launches.one_thread, Trial.ALONE, several=False
    ),  # a reference evaluation takes as long as there are threads
    EditPass(statements.one_output, Trial.ALONE, several=False),
    EditPass(statements.unwrap, Trial.EACH),
    EditPass(statements.drop, Trial.TOGETHER),
    EditPass(definitions.drop_definition, Trial.TOGETHER),
    EditPass(expressions.to_input, Trial.EACH, several=False),
    EditPass(expressions.to_operand, Trial.EACH),
    EditPass(expressions.to_constant, Trial.EACH),
    EditPass(statements.fewer_trips, Trial.EACH),
    EditPass(inlining.assign_plainly, Trial.TOGETHER),
    EditPass(inlining.fewer_names, Trial.EACH),
    EditPass(inlining.fewer_results, Trial.EACH),
    EditPass(inlining.inline_function, Trial.TOGETHER, several=False),
    EditPass(inlining.plain_call, Trial.TOGETHER),
    EditPass(inlining.inline_constant, Trial.TOGETHER),
    EditPass(inlining.inline_local, Trial.TOGETHER, several=False),
    EditPass(launches.fewer_threads, Trial.EACH, several=False),
    EditPass(launches.fewer_dimensions, Trial.EACH, several=False),
    EditPass(launches.shorter_arrays, Trial.TOGETHER),
    EditPass(launches.fewer_axes, Trial.EACH, several=False),
    EditPass(launches.simpler_data, Trial.TOGETHER),
    EditPass(launches.simpler_elements, Trial.TOGETHER),
    EditPass(inlining.known_argument, Trial.EACH, several=False),
)
