"""``refuse``: whether Warp takes a program, and if not, which rule it breaks, and where."""

from __future__ import annotations

import json
from itertools import islice
from random import Random
from typing import Any

from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import RULES, check
from warpsmith.tasks import prompts
from warpsmith.tasks.answer import InadmissibleAnswer, value
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.programs import programs
from warpsmith.tasks.shape import difficulty
from warpsmith.tasks.task import Draft, Instance, Task
from warpsmith.tasks.warp_verdict import ill_typed, refusal

SOUND = 8
"""One program of so many is sound."""
LINES = 40
"""Lines of a program."""
_KINDS = 6
"""Faults of a program among which one is chosen."""


def _make(seed: int) -> Draft:
    random = Random(f"refuse:{seed}")
    sound = random.randrange(SOUND) == 0
    for program in programs("refuse", seed):
        if program.source.count("\n") > LINES or check(program.source).diagnostics:
            continue
        if sound and refusal(program) is None:
            return _draft(program, program, {"accepted": True})
        faulty = [] if sound else list(islice(ill_typed(program, random), _KINDS))
        if faulty:
            mutant, found, _ = random.choice(faulty)
            truth = {"accepted": False, "rule": found.rule, "line": found.line}
            return _draft(mutant.program, program, truth)
    raise AssertionError("the stream has no end")


def _draft(program: Program, sound: Program, truth: dict[str, Any]) -> Draft:
    rules = "\n".join(f"- `{name}`: {sentence}" for name, sentence in RULES.items() if name != "syntax-error")
    prompt = "\n\n".join(
        (
            "Does NVIDIA Warp's code generator take this program? It is not run.",
            prompts.fenced("python", program.source),
            "If not, it breaks one of these rules, at one place:",
            rules,
            f'{prompts.JSON} It is `{{"accepted": true}}`, or `{{"accepted": false, "rule": "...", "line": n}}` with '
            "the rule that is broken and the line of the block above where it is, counted from 1.",
        )
    )
    shape = {**difficulty(program, gradient=False), "sound": truth["accepted"]}
    return Draft(shape, prompt, {"truth": truth}, sound)


def _faults(instance: Instance, answer: str, grader: Grader) -> tuple[str, ...]:
    """What is wrong with a verdict; the grader has nothing to do."""
    truth = instance.hidden["truth"]
    try:
        found = value(answer)
    except InadmissibleAnswer as error:
        return (str(error),)
    if not isinstance(found, dict) or not isinstance(found.get("accepted"), bool):
        return ('the answer is no object with the name "accepted"',)
    if found["accepted"] != truth["accepted"]:
        return (f"Warp {'takes' if truth['accepted'] else 'refuses'} the program",)
    names = ("rule", "line") if not truth["accepted"] else ()
    return tuple(f"the {name} is {truth[name]}" for name in names if found.get(name) != truth[name])


def _oracle(instance: Instance) -> str:
    return prompts.fenced("json", json.dumps(instance.hidden["truth"]))


REFUSE = Task(
    "refuse",
    version=2,
    asks="a program; whether Warp takes it, and if not, the rule and the line, as JSON",
    perfect="Warp's own verdict, and the rule and line of the one fault",
    make=_make,
    faults=_faults,
    oracle=_oracle,
    chance=1 / SOUND,
)
