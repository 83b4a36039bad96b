"""``adjoint``: a function's ``func_grad``, written by hand.

The functions are straight lines (:mod:`warpsmith.tasks.straight`), whose adjoints we know as source, too. What the
gradients are says the reference, which differentiates the function itself. The hidden inputs tell mutants of the
adjoint from it: as a kernel it is a program as any other.
"""

from __future__ import annotations

import ast
import itertools
from random import Random

import libcst as cst
import numpy as np
import warp as wp

from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference import evaluate
from warpsmith.tasks import lift, prompts
from warpsmith.tasks.answer import InadmissibleAnswer, block
from warpsmith.tasks.data import Data
from warpsmith.tasks.execution import cases, wrong
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import LOOKS, examined
from warpsmith.tasks.python import definitions_in, rendered, well_typed
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.straight import SCALAR, StraightLineFunction, function
from warpsmith.tasks.task import Draft, Instance, Task

THREADS = 4
"""Elements of every array."""


def _make(seed: int) -> Draft:
    for number in itertools.count():
        random = Random(f"adjoint:{seed}:{number}")
        drawn = function(random)
        if len(drawn.reverse("g")[1]) < len(drawn.parameters):
            continue
        found = examined(adjoint_program(drawn), random)
        if found is not None:
            return _draft(drawn, found.sets)
    raise AssertionError("the stream has no end")


def _draft(drawn: StraightLineFunction, sets: tuple[tuple[Data, ...], ...]) -> Draft:
    program, count = forward_program(drawn), len(drawn.parameters)
    out = np.zeros(THREADS, np.float32)
    data = [(*some[:count], out) for some in sets]
    weights = [(*(None for _ in range(count)), np.nan_to_num(some[count].astype(np.float64))) for some in sets]
    outcomes = [evaluate(program, d, w, looks=LOOKS) for d, w in zip(data, weights, strict=True)]
    prompt = "\n\n".join(
        (
            "Write the adjoint of this NVIDIA Warp function by hand.",
            prompts.fenced("python", f"import warp as wp\n\n\n{drawn.source}"),
            f"It is a function decorated by `@wp.func_grad(f)`. It takes what `f` takes, and `adj_ret: {SCALAR}`, the "
            "adjoint of the result; it adds to the adjoints of the parameters, "
            f"`wp.adjoint[{drawn.parameters[0][0]}] += ...`. `wp.grad` is not there.",
            "Answer with one Python code block that holds this function, and functions and constants that it needs; "
            "`f` itself is there already.",
        )
    )
    hidden = {**cases(program, data, outcomes, weights), "launched": program.source, "source": _oracle_text(drawn)}
    return Draft(difficulty(program, gradient=True), prompt, hidden, program)


def forward_program(drawn: StraightLineFunction) -> Program:
    """The function, and a kernel that calls it for every element; only the definitions, as text to build on."""
    names = ", ".join(f"all_{name}[i]" for name, _ in drawn.parameters)
    arrays = ", ".join(f"all_{name}: wp.array(dtype={t})" for name, t in drawn.parameters)
    kernel = (
        f"@wp.kernel\ndef kernel({arrays}, out: wp.array(dtype={SCALAR})):\n    i = wp.tid()\n    out[i] = f({names})\n"
    )
    arguments = [_argument(f"all_{name}", t) for name, t in drawn.parameters]
    return _program(f"{drawn.source}\n\n{kernel}", [*arguments, _argument("out", SCALAR, written=True)])


def adjoint_program(drawn: StraightLineFunction) -> Program:
    """The adjoint as a kernel of its own: from the parameters and the result's adjoint to the parameters' adjoints."""
    lines, worth = drawn.reverse("g")
    inputs = [*drawn.parameters, ("g", SCALAR)]
    arguments = [_argument(f"all_{name}", t) for name, t in inputs]
    arguments += [_argument(f"adj_{name}", t, written=True) for name, t in drawn.parameters]
    body = ["i = wp.tid()", *(f"{name} = all_{name}[i]" for name, _ in inputs), *drawn.forward, *lines]
    body += [f"adj_{name}[i] = {worth[name]}" for name, _ in drawn.parameters]
    arrays = [f"all_{name}: wp.array(dtype={t})" for name, t in inputs]
    arrays += [f"adj_{name}: wp.array(dtype={t})" for name, t in drawn.parameters]
    text = f"@wp.kernel\ndef kernel({', '.join(arrays)}):\n" + "".join(f"    {line}\n" for line in body)
    return _program(text, arguments)


def _argument(name: str, t: str, *, written: bool = False) -> Argument:
    return Argument(name, Array(getattr(wp, t.removeprefix("wp.")), 1), (THREADS,), written)


def _program(definitions: str, arguments: list[Argument]) -> Program:
    module = cst.parse_module(f"import warp as wp\n\n\n{definitions}")
    return Program(module, "kernel", Launch((THREADS,), tuple(arguments)), (), ())


def _oracle_text(drawn: StraightLineFunction) -> str:
    lines, worth = drawn.reverse("adj_ret")
    body = [*drawn.forward, *lines, *(f"wp.adjoint[{name}] += {text}" for name, text in worth.items())]
    head = f"@wp.func_grad(f)\ndef adj_f({drawn.signature}, adj_ret: {SCALAR}):\n"
    return head + "".join(f"    {line}\n" for line in body)


def _faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with a function's gradient."""
    hidden = instance.hidden
    try:
        given = definitions_in(block(answer), gradient_of="f")
        kinds = [ast.unparse(d.decorator_list[0]) for d in given if isinstance(d, ast.FunctionDef)]
        if kinds.count("wp.func_grad(f)") != 1 or "wp.kernel" in kinds:
            raise InadmissibleAnswer("the answer has one @wp.func_grad(f), and no kernel")
        if "kernel" in {getattr(d, "name", "") for d in given}:
            raise InadmissibleAnswer("kernel means something already")
        ours = ast.parse(hidden["launched"]).body[1:]
        source = rendered([ours[0], *given, *ours[1:]])
        well_typed(source)
    except InadmissibleAnswer as error:
        return (str(error),)
    return wrong(source, hidden, grader)


ADJOINT = Task(
    "adjoint",
    version=3,
    asks="a forward function; its func_grad",
    perfect="a func_grad that gives the reference's gradients within its bounds on the hidden inputs",
    make=_make,
    faults=_faults,
    oracle=lift.oracle,
    family="straight lines",
)
