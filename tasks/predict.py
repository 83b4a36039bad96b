"""``predict`` and ``differentiate``: from source and inputs to numbers. Nothing of an answer is ever run."""

from __future__ import annotations

import numpy as np

from warpsmith.grammar.program import Program
from warpsmith.synthesizer.inputs import columns
from warpsmith.tasks import prompts
from warpsmith.tasks.answer import InadmissibleAnswer, value
from warpsmith.tasks.comparison import difference
from warpsmith.tasks.data import Data, packed_all, read_as, shown_text, unpacked_all
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import DECIDED, Run, moves, problem
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.task import Draft, Instance, Task

RELATIVE = 1e-4
"""What a number may be off, in proportion, beside the reference's bound: nobody is asked to round as float32 does."""
_OFF = "a number may be off by one in ten thousand."
SHOWN = 600
"""Numbers that an instance shows, at most."""


def is_small(program: Program, run: Run) -> bool:
    """Whether the numbers fit into a prompt."""
    return sum(part.size for data in run[0] for _, part in columns(data)) <= SHOWN


# --- predict ----------------------------------------------------------------------------------------------------------


def _outputs(seed: int) -> Draft:
    found = problem("predict", seed, _tells)
    data, outcome = found.shown
    written = [i for i, a in enumerate(found.program.launch.arguments) if a.written]
    names = [found.names[i] for i in written]
    expected = [outcome.values[i] for i in written]
    prompt = "\n\n".join(
        (
            "What do the arrays hold after this launch of an NVIDIA Warp kernel on the CPU?",
            prompts.fenced("python", found.program.source),
            f"{prompts.launch(found.program)} These are its arguments:",
            prompts.arguments(found.program, data),
            f"{prompts.JSON} It is an object with the contents of {prompts.named(names)}, nested as above; {_OFF}",
        )
    )
    errors = [outcome.errors[i] for i in written]
    hidden = {"names": names, "values": packed_all(expected), "errors": packed_all(errors)}
    return Draft(difficulty(found.program, gradient=False), prompt, hidden, found.program)


def _tells(program: Program, run: Run) -> bool:
    """Whether neither zeros nor what was there before is right, even with the tolerance that answers have."""
    data, outcome = run
    names = [a.name for a in program.launch.arguments]
    zeros = [np.zeros_like(d) for d in data]
    return is_small(program, run) and all(
        difference(names, outcome.values, outcome.errors, lazy, RELATIVE) for lazy in (data, zeros)
    )


# --- differentiate ----------------------------------------------------------------------------------------------------


def _gradients(seed: int) -> Draft:
    found = problem("differentiate", seed, _moves, graded=DECIDED)
    data, outcome = found.shown
    asked = [i for i, g in enumerate(outcome.gradients or ()) if g is not None and g.size]
    names = [found.names[i] for i in asked]
    weights = {n: w for n, w in zip(found.names, found.adjoints, strict=True) if w is not None}
    prompt = "\n\n".join(
        (
            "An NVIDIA Warp kernel is launched on the CPU under a wp.Tape, and then differentiated backward.",
            prompts.fenced("python", found.program.source),
            f"{prompts.launch(found.program)} These are its arguments:",
            prompts.arguments(found.program, data),
            "The backward pass starts with these adjoints of what the arrays hold after the launch; others are zero:",
            prompts.fenced("json", shown_text(weights)),
            f"{prompts.JSON} It is an object with the gradients by {prompts.named(names)}, nested as above; {_OFF}",
        )
    )
    gradients, errors = outcome.gradients or [], outcome.gradient_errors or []
    hidden = {
        "names": names,
        "values": packed_all([gradients[i] for i in asked]),
        "errors": packed_all([errors[i] for i in asked]),
    }
    return Draft(difficulty(found.program, gradient=True), prompt, hidden, found.program)


def _moves(program: Program, run: Run) -> bool:
    return is_small(program, run) and moves(run[1], RELATIVE)


# --- scoring ----------------------------------------------------------------------------------------------------------


def _faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with an object of arrays; the grader has nothing to do."""
    hidden = instance.hidden
    names, expected = hidden["names"], unpacked_all(hidden["values"])
    try:
        found = value(answer)
        if not isinstance(found, dict) or found.keys() != set(names):
            return (f"the answer is no object with the names {', '.join(names)}",)
        actual = [read_as(found[n], e, n) for n, e in zip(names, expected, strict=True) if e is not None]
    except (InadmissibleAnswer, ValueError) as error:
        return (str(error),)
    wrong = difference(names, expected, unpacked_all(hidden["errors"]), actual, RELATIVE)
    return (wrong,) if wrong else ()


def _oracle(instance: Instance) -> str:
    named: dict[str, Data] = {}
    for name, array in zip(instance.hidden["names"], unpacked_all(instance.hidden["values"]), strict=True):
        assert array is not None
        named[name] = array
    return prompts.fenced("json", shown_text(named))


_PERFECT = "every number within the reference's bound, or off by less than one in ten thousand; integers as they are"
PREDICT = Task(
    "predict",
    version=3,
    asks="source and inputs; the outputs, as JSON",
    perfect=_PERFECT,
    make=_outputs,
    faults=_faults,
    oracle=_oracle,
)
DIFFERENTIATE = Task(
    "differentiate",
    version=3,
    asks="source, inputs and adjoints; the gradients, as JSON",
    perfect=_PERFECT,
    make=_gradients,
    faults=_faults,
    oracle=_oracle,
)
