"""The edits of the reducer, in the order they are tried: what takes most away comes first."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from warpsmith.fuzz.reductions import definitions, expressions, inlining, launches, statements
from warpsmith.fuzz.reductions.candidate import Edit
from warpsmith.fuzz.reductions.view import View


class Trial(enum.Enum):
    """How the edits of a pass are tried."""

    ALONE = "one at a time; one success rules out the others"
    EACH = "one at a time, the successes together"
    TOGETHER = "all at once, then in ever smaller groups"


@dataclass(frozen=True)
class Pass:
    """Edits of one kind: how they are found in a candidate, and how they are tried."""

    edits: Callable[[View], list[Edit]]
    trial: Trial


FINISHES: tuple[Edit, ...] = (definitions.swept, definitions.cleaned)
"""What follows every edit, unless what it would take away has been shown to matter."""

PASSES: tuple[Pass, ...] = (
    Pass(launches.one_thread, Trial.ALONE),  # a reference evaluation takes as long as there are threads
    Pass(statements.one_output, Trial.ALONE),
    Pass(statements.unwrap, Trial.EACH),
    Pass(statements.drop, Trial.TOGETHER),
    Pass(definitions.drop_definition, Trial.TOGETHER),
    Pass(expressions.to_input, Trial.EACH),
    Pass(expressions.to_operand, Trial.EACH),
    Pass(expressions.to_constant, Trial.EACH),
    Pass(statements.fewer_trips, Trial.EACH),
    Pass(inlining.assign_plainly, Trial.TOGETHER),
    Pass(inlining.fewer_names, Trial.EACH),
    Pass(inlining.fewer_results, Trial.EACH),
    Pass(inlining.inline_function, Trial.TOGETHER),
    Pass(inlining.plain_call, Trial.TOGETHER),
    Pass(inlining.inline_constant, Trial.TOGETHER),
    Pass(inlining.inline_local, Trial.TOGETHER),
    Pass(launches.fewer_threads, Trial.EACH),
    Pass(launches.fewer_dimensions, Trial.EACH),
    Pass(launches.shorter_arrays, Trial.TOGETHER),
    Pass(launches.fewer_axes, Trial.EACH),
    Pass(launches.simpler_data, Trial.TOGETHER),
    Pass(launches.simpler_elements, Trial.TOGETHER),
    Pass(inlining.known_argument, Trial.EACH),
)
