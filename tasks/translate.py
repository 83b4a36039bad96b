"""``translate``: from Python to the IR that Warp makes of it.

It is judged by ``norm``: the text is right if it is Warp's but for names, comments and layout. Nothing of an answer is
compiled or run. So code that computes the same in another way is wrong here; ``lift`` asks the other way round.
"""

from __future__ import annotations

from random import Random

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.ir import IR
from warpsmith.tasks import prompts
from warpsmith.tasks.answer import InadmissibleAnswer, block
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.problem import programs
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


def _make(seed: int) -> Draft:
    random = Random(f"translate:{seed}")
    level, backward = random.choice(tuple(LEVELS)), random.random() < 0.5
    for program in programs("translate", seed):
        if program.source.count("\n") > LINES:
            continue
        captured = _captured(program.source, program.entry, level)
        if captured is None:
            continue
        found = captured.levels[level]
        wanted = found.backward if backward else found.forward
        if wanted.strip() and len(wanted.encode()) <= LARGEST:
            shape = {
                **difficulty(program, gradient=backward),
                "ir": level,
                "pass": "backward" if backward else "forward",
            }
            given = found.forward if backward else ""
            hidden = {"level": level, "given": given, "wanted": wanted}
            return Draft(shape, _prompt(program.source, level, given, backward), hidden)
    raise AssertionError("the stream has no end")


def _captured(source: str, entry: str, level: str) -> IR | None:
    loaded = ir.load(source)
    try:
        return ir.capture(loaded.kernels[entry], (level,))
    except CodegenError:  # a known defect; the next program has none
        return None
    finally:
        loaded.unload()


def _prompt(source: str, level: str, given: str, backward: bool) -> str:
    kind = "cpp" if level != "adjoint" else "text"
    parts = [
        f"Translate this NVIDIA Warp program to {LEVELS[level]}: the {'backward' if backward else 'forward'} pass.",
        prompts.fenced("python", source),
    ]
    if backward:
        parts += ["This is the forward pass:", prompts.fenced(kind, given)]
    return "\n\n".join([*parts, "Answer with one code block. Names, comments and layout do not matter; all else does."])


def _faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with a translation; the grader has nothing to do."""
    hidden = instance.hidden
    level, given, wanted = hidden["level"], hidden["given"], hidden["wanted"]
    try:
        text = block(answer)
        if len(text) > LONGER * len(wanted) or max(map(len, text.split("\n"))) > LINE:
            raise InadmissibleAnswer("the answer is far too long")
    except InadmissibleAnswer as error:
        return (str(error),)
    expected, found = (_normal(level, given, t).split("\n") for t in (wanted, text))
    if expected == found:
        return ()
    number = next((i for i, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), len(expected))
    return (f"the text differs from Warp's, first in line {number + 1} without comments and empty lines",)


def _normal(level: str, given: str, text: str) -> str:
    """One pass in canonical form."""
    text = text.strip("\n") + "\n"
    forward, backward = (given, text) if given else (text, "")
    return ir.normalise(level, forward, backward).split("\0")[1 if given else 0]


def _oracle(instance: Instance) -> str:
    kind = "cpp" if instance.hidden["level"] != "adjoint" else "text"
    return prompts.fenced(kind, instance.hidden["wanted"])


TRANSLATE = Task(
    "translate",
    version=1,
    asks="a program, a level and a pass; the IR that Warp makes of it",
    perfect="Warp's own text, but for names, comments and layout",
    make=_make,
    faults=_faults,
    oracle=_oracle,
)
