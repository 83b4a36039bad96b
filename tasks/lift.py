"""``lift``: from IR back to a Python kernel that computes the same."""

from __future__ import annotations

from random import Random

from warpsmith import ir
from warpsmith.grammar.program import Program
from warpsmith.tasks import prompts
from warpsmith.tasks.answer import InadmissibleAnswer, block
from warpsmith.tasks.execution import hidden_cases, wrong
from warpsmith.tasks.generated import generated
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import problem
from warpsmith.tasks.python import admitted, entry, well_typed
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.task import Draft, Instance, Task

LEVELS = ("cpp", "cuda", "ptx")
_WORDS = {"cpp": "C++ for the CPU", "cuda": "CUDA C++", "ptx": "PTX"}
_FENCES = {"cpp": "cpp", "cuda": "cuda", "ptx": "ptx"}


def _make(seed: int) -> Draft:
    found = problem("lift", seed)
    program, level = found.program, Random(f"lift:{seed}").choice(LEVELS)
    text = _forward(program, level)
    prompt = "\n\n".join(
        (
            f"NVIDIA Warp compiled a Python kernel to this {_WORDS[level]}. Write a Python kernel in Warp that "
            "computes the same, and has the same gradients.",
            prompts.fenced(_FENCES[level], text),
            "It has this signature:",
            prompts.fenced("python", prompts.signature(program.source, program.entry)),
            prompts.launch(program),
            prompts.CODE,
        )
    )
    shape = {**difficulty(program, gradient=found.has_gradient), "ir": level}
    return Draft(shape, prompt, {**hidden_cases(found), "source": program.source}, program)


def _forward(program: Program, level: str) -> str:
    """The forward pass at a level."""
    levels = generated(program)
    if levels is not None and level in levels:
        return levels[level].forward
    loaded = ir.load(program.source)
    try:
        return ir.capture(loaded.kernels[program.entry], (level,)).levels[level].forward
    finally:
        loaded.unload()


def faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with a kernel that is to compute what the instance's does."""
    try:
        source = program_in(instance, answer)
    except InadmissibleAnswer as error:
        return (str(error),)
    return wrong(source, instance.hidden, grader)


def program_in(instance: Instance, answer: str) -> str:
    """The program in an answer, which may be run.

    Raises:
        InadmissibleAnswer: it may not, or its kernel is not the one that is asked for.
    """
    source = admitted(block(answer))
    well_typed(source)
    entry(source, instance.hidden["kernel"], instance.hidden["parameters"])
    return source


def oracle(instance: Instance) -> str:
    """The program that the instance is about."""
    return prompts.fenced("python", instance.hidden["source"])


LIFT = Task(
    "lift",
    version=3,
    asks="IR at the level of C++, CUDA or PTX; a Python kernel that computes the same",
    perfect="a kernel that gives the hidden outputs and gradients within the reference's bounds",
    make=_make,
    faults=faults,
    oracle=oracle,
)
