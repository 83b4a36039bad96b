"""``translate``: from Python to the IR that Warp makes of it.

An answer is right if it is Warp's own text but for names, comments and layout (``norm``). C++ for the CPU is right if
it does the same, too: what the answer's functions do in the place of Warp's is compared with what the reference says.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from warpsmith import ir
from warpsmith.fuzz.known.explain import unknown_sites
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.reference import evaluate
from warpsmith.tasks import prompts
from warpsmith.tasks.answer import InadmissibleAnswer, block
from warpsmith.tasks.cpp import module_with, replaceable
from warpsmith.tasks.execution import cases, wrong
from warpsmith.tasks.generated import cpp_module, generated
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import LOOKS, Problem, Run, moves, problem
from warpsmith.tasks.programs import programs
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.task import Draft, Instance, Task

LEVELS = {
    "adjoint": "Warp's own SSA form (the adjoint level)",
    "cpp": "the C++ that Warp generates for the CPU",
    "cuda": "the CUDA C++ that Warp generates",
}
LINES = 30
"""Lines of a program."""
LARGEST = 24 << 10
"""Bytes of the text that is asked for."""
LONGER = 3
"""An answer may be so many times as long as that."""
LINE = 2_000
"""Characters in a line of an answer."""
EQUIVALENT = 0.95
"""The reward of C++ that does the same as Warp's in another way."""


def _make(seed: int) -> Draft:
    random = Random(f"translate:{seed}")
    level, backward = random.choice(tuple(LEVELS)), random.random() < 0.5
    if level == "cpp":
        return _executed(seed, backward)
    for program in programs("translate", seed):
        found = _captured(program, level, backward)
        if found is not None:
            return _draft(program, level, backward, found)
    raise AssertionError("the stream has no end")


def _executed(seed: int, backward: bool) -> Draft:
    """An instance whose answers are run."""
    found = _problem(seed, backward)
    texts = _captured(found.program, "cpp", backward)
    assert texts is not None
    draft = _draft(found.program, "cpp", backward, texts)
    hidden = {**_cases(found, backward), "source": found.program.source, "module": cpp_module(found.program)}
    return Draft(draft.difficulty, draft.prompt, {**draft.hidden, **hidden}, found.program)


def _problem(seed: int, backward: bool) -> Problem:
    wanted = _backward_runs if backward else _forward_runs
    return problem("translate", seed, wanted, graded=1.0 if backward else 0.0)


def _runs(backward: bool, program: Program, run: Run) -> bool:
    """Whether a program's C++ can be replaced, and its gradient is known where it is asked for."""
    if backward and not moves(run[1]):
        return False
    found = _captured(program, "cpp", backward)
    return found is not None and replaceable(found[1], cpp_module(program), found[0])


_forward_runs, _backward_runs = partial(_runs, False), partial(_runs, True)


def _cases(found: Problem, backward: bool) -> dict[str, Any]:
    """The hidden cases: outputs for a forward pass, and gradients on every input set for a backward pass."""
    if not backward:
        return cases(found.program, found.sets, found.outcomes, [None for _ in found.sets])
    unknown = unknown_sites(found.program, KNOWN)
    graded = [evaluate(found.program, data, found.adjoints, unknown=unknown, looks=LOOKS) for data in found.sets]
    return cases(found.program, found.sets, graded, [found.adjoints for _ in found.sets])


def _captured(program: Program, level: str, backward: bool) -> tuple[str, str] | None:
    """What is given, and what is asked for; ``None`` if the program does not do."""
    if program.source.count("\n") > LINES:
        return None
    levels = generated(program)
    if levels is None:  # a known defect; the next program has none
        return None
    found = levels[level]
    wanted = found.backward if backward else found.forward
    does = wanted.strip() and len(wanted.encode()) <= LARGEST
    return (found.forward if backward else "", wanted) if does else None


def _draft(program: Program, level: str, backward: bool, texts: tuple[str, str]) -> Draft:
    given, wanted = texts
    shape = {**difficulty(program, gradient=backward), "ir": level, "pass": "backward" if backward else "forward"}
    prompt = _prompt(program.source, level, given, backward)
    return Draft(shape, prompt, {"level": level, "given": given, "wanted": wanted}, program)


def _prompt(source: str, level: str, given: str, backward: bool) -> str:
    kind = "cpp" if level != "adjoint" else "text"
    parts = [
        f"Translate this NVIDIA Warp program to {LEVELS[level]}: the {'backward' if backward else 'forward'} pass.",
        prompts.fenced("python", source),
    ]
    if backward:
        parts += ["This is the forward pass:", prompts.fenced(kind, given)]
    return "\n\n".join([*parts, "Answer with one code block. Names, comments and layout do not matter; all else does."])


def _text(hidden: Mapping[str, Any], answer: str) -> str:
    text = block(answer)
    if len(text) > LONGER * len(hidden["wanted"]) or max(map(len, text.split("\n"))) > LINE:
        raise InadmissibleAnswer("the answer is far too long")
    return text


def _faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with a translation."""
    hidden = instance.hidden
    try:
        text = _text(hidden, answer)
        difference = _difference(hidden, text)
        if not difference or "module" not in hidden:
            return difference
        module = module_with(text, hidden["wanted"], hidden["module"], hidden["given"])
    except InadmissibleAnswer as error:
        return (str(error),)
    return wrong(ir.with_cpp(hidden["source"], module), hidden, grader)


def _worth(instance: Instance, answer: str) -> float:
    return EQUIVALENT if _difference(instance.hidden, block(answer)) else 1.0


def _difference(hidden: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Where the text differs from Warp's, in words."""
    expected, found = (_normal(hidden, t).split("\n") for t in (hidden["wanted"], text))
    if expected == found:
        return ()
    number = next((i for i, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), len(expected))
    return (f"the text differs from Warp's, first in line {number + 1} without comments and empty lines",)


def _normal(hidden: Mapping[str, Any], text: str) -> str:
    """One pass in canonical form."""
    text, given = text.strip("\n") + "\n", hidden["given"]
    forward, backward = (given, text) if given else (text, "")
    return ir.normalise(hidden["level"], forward, backward).split("\0")[1 if given else 0]


def _oracle(instance: Instance) -> str:
    kind = "cpp" if instance.hidden["level"] != "adjoint" else "text"
    return prompts.fenced(kind, instance.hidden["wanted"])


TRANSLATE = Task(
    "translate",
    version=4,
    asks="a program, a level and a pass; the IR that Warp makes of it",
    perfect="Warp's own text, but for names, comments and layout; or for C++, functions that do the same",
    make=_make,
    faults=_faults,
    oracle=_oracle,
    worth=_worth,
)
