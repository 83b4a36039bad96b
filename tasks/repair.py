"""``repair``: a program with one fault, of meaning or of typing, is to be mended."""

from __future__ import annotations

from random import Random

from warpsmith.errors import UndefinedError
from warpsmith.synthesizer.reference import evaluate
from warpsmith.tasks import lift, prompts
from warpsmith.tasks.comparison import difference
from warpsmith.tasks.data import shown_text
from warpsmith.tasks.execution import hidden_cases
from warpsmith.tasks.mutants import hollow
from warpsmith.tasks.predict import is_small
from warpsmith.tasks.problem import Problem, problem
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.task import Draft, Task
from warpsmith.tasks.warp_verdict import ill_typed


def _make(seed: int) -> Draft:
    random = Random(f"repair:{seed}")
    found = problem("repair", seed, is_small)
    typing = _ill_typed(found, random) if random.random() < 0.5 else None
    kind, broken, case = typing or _wrong(found, random)
    prompt = "\n\n".join(
        (
            "This NVIDIA Warp program has one fault. Mend it.",
            prompts.fenced("python", broken),
            case,
            f"{prompts.launch(found.program)} The mended program gives the right outputs and gradients on other "
            "inputs, too. The kernel keeps its name and its parameters.",
            prompts.CODE,
        )
    )
    shape = {**difficulty(found.program, gradient=found.has_gradient), "fault": kind}
    hidden = {**hidden_cases(found), "source": found.program.source, "broken": broken}
    return Draft(shape, prompt, hidden, found.program)


def _ill_typed(found: Problem, random: Random) -> tuple[str, str, str] | None:
    """A fault of typing: its kind, the program, and what Warp says; ``None`` if the program has no place for one."""
    for mutant, _, said in ill_typed(found.program, random):
        return mutant.kind, mutant.program.source, f"Warp refuses it: {prompts.fenced('text', said)}"
    return None


def _wrong(found: Problem, random: Random) -> tuple[str, str, str]:
    """A fault of meaning: its kind, the program, and a case that fails; without one that shows, an empty kernel."""
    data, outcome = found.shown
    for mutant in random.sample(found.killed, len(found.killed)):
        try:
            other = evaluate(mutant.program, data)
        except UndefinedError:
            continue
        told = difference(found.names, outcome.values, outcome.errors, other.values)
        if told:
            return mutant.kind, mutant.program.source, _case(found, told)
    return "nothing is done", hollow(found.program).source, _case(found, "nothing is written")


def _case(found: Problem, told: str) -> str:
    data, outcome = found.shown
    written = {
        a.name: values
        for a, values in zip(found.program.launch.arguments, outcome.values, strict=True)
        if a.written and values is not None
    }
    return "\n\n".join(
        (
            "With these arguments",
            prompts.arguments(found.program, data),
            "the arrays should hold afterwards",
            prompts.fenced("json", shown_text(written)),
            f"but {told}.",
        )
    )


REPAIR = Task(
    "repair",
    version=3,
    asks="a program with one fault, and a case that fails or what Warp says; the program mended",
    perfect="a program that gives the hidden outputs and gradients within the reference's bounds",
    make=_make,
    faults=lift.faults,
    oracle=lift.oracle,
)
