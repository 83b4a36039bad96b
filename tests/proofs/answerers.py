"""Scripted answerers from worst to best, to hold a model against: nothing that is worse scores higher.

An answerer sees what a model sees, the prompt. Those that add noise to the right answer are the exception: they measure
how the score falls with the number of mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from warpsmith.tasks.answer import block
from warpsmith.tasks.prompts import fenced
from warpsmith.tasks.task import Instance, Task

NOISE = (0.1, 0.03, 0.01, 0.003)
"""The parts of an answer's tokens that are replaced."""

_TOKEN = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?|[A-Za-z_]\w*|[-+*/<>&|^%]")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Answerer:
    """A rung.

    Attributes:
        name: what tables call it.
        answer: what it says to an instance.
    """

    name: str
    answer: Callable[[Task, Instance], str]


def ladder() -> tuple[Answerer, ...]:
    """All answerers, from worst to best."""
    return (
        Answerer("empty", lambda task, instance: ""),
        Answerer("copy", _copied),
        Answerer("transpiler", _transpiled),
        *(Answerer(f"noise {rate:g}", _noisy(rate)) for rate in NOISE),
        Answerer("oracle", lambda task, instance: task.perfect_answer(instance)),
    )


# --- those that see the prompt ----------------------------------------------------------------------------------------


def _blocks(instance: Instance) -> list[tuple[str, str]]:
    """Languages and texts of the code blocks of a prompt."""
    return [(m[1], m[2]) for m in _FENCE.finditer(instance.prompt)]


def _copied(task: Task, instance: Instance) -> str:
    """The first block of the prompt, or for numbers, those that the arguments have."""
    shown = _blocks(instance)
    numbers = [json.loads(text) for kind, text in shown if kind == "json"]
    if "names" in instance.hidden and numbers and "Answer with one JSON" in instance.prompt:
        arguments = {name: value for some in reversed(numbers) for name, value in some.items()}
        asked = re.findall(r"`(\w+)`", instance.prompt.rsplit("It is an object with", 1)[-1])
        return fenced("json", json.dumps({name: arguments.get(name, []) for name in asked}))
    return fenced(*shown[0]) if shown else instance.prompt


def _transpiled(task: Task, instance: Instance) -> str:
    """What regular expressions make of the prompt, without any understanding."""
    shown = _blocks(instance)
    if task.name == "refuse":
        return fenced("json", '{"accepted": true}')
    if task.name in ("lift", "translate"):
        return _lifted(shown) if task.name == "lift" else _lowered(shown)
    copied = _copied(task, instance)
    return copied if task.name not in ("predict", "differentiate") else re.sub(r"(?<=[\[ ])-?\d[\w.+-]*", "0", copied)


_CONSTANT = re.compile(r"const (?:wp::)?\w+ (\w+) = ([-+.\w]+);")
_CALL = re.compile(r"(\w+) = (?:wp::)?(\w+)\((.*)\);")
_STORE = re.compile(r"(?:wp::)?(array_store|atomic_\w+)\(var_(\w+), (.*)\);")
_BINARY = {
    **{"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "floordiv": "//"},
    **{"bit_and": "&", "bit_or": "|", "bit_xor": "^", "lshift": "<<", "rshift": ">>"},
}


def _lifted(shown: list[tuple[str, str]]) -> str:
    """A line of Python for each call of straight-line C++."""
    (_, text), (_, signature) = shown[0], shown[-1]
    texts = {name: value.rstrip("f") for name, value in _CONSTANT.findall(text)}
    body = []
    for line in text.splitlines():
        stored, called = _STORE.search(line), _CALL.search(line)
        if called:
            name, function, given = called[1], called[2], [_word(a, texts) for a in called[3].split(", ")]
            if function.startswith("builtin_tid"):
                texts[name] = "wp.tid()"
            elif function == "address":
                texts[name] = f"{given[0]}[{', '.join(given[1:])}]"
            elif function in ("load", "copy"):
                texts[name] = given[0]
            elif function in _BINARY and len(given) == 2:
                texts[name] = f"({given[0]} {_BINARY[function]} {given[1]})"
            else:
                texts[name] = f"wp.{function}({', '.join(given)})"
            if function.startswith("atomic_"):
                body.append(texts[name])
        elif stored:
            *places, value = (_word(a, texts) for a in stored[3].split(", "))
            body.append(f"{stored[2]}[{', '.join(places)}] = {value}")
    head = signature.replace("    ...", "\n".join(f"    {line}" for line in body) or "    pass")
    return fenced("python", f"import warp as wp\n\n\n{head}")


def _word(text: str, texts: dict[str, str]) -> str:
    name = text.strip().lstrip("*&")
    return texts.get(name, name.removeprefix("var_"))


def _lowered(shown: list[tuple[str, str]]) -> str:
    """A line of C++ for each line of Python."""
    lines = [line.strip() for line in shown[0][1].splitlines() if line.startswith("    ")]
    return fenced("cpp", "\n".join(f"{line.replace('wp.', 'wp::')};" for line in lines) or ";")


# --- those that know better -------------------------------------------------------------------------------------------


def _noisy(rate: float) -> Callable[[Task, Instance], str]:
    """The right answer, with a part of its tokens replaced by others of their kind from the same text.

    The same random number decides of a token at every rate, so that what is wrong at a low rate is wrong at a high one.
    """

    def answer(task: Task, instance: Instance) -> str:
        right = task.perfect_answer(instance)
        text = block(right)
        tokens = sorted({m[0] for m in _TOKEN.finditer(text)})
        random = Random(f"noise:{task.name}:{instance.seed}")

        def replaced(match: re.Match[str]) -> str:
            hit, pick = random.random() < rate, random.random()
            others = [t for t in tokens if _kind(t) == _kind(match[0]) and t != match[0]]
            return others[int(pick * len(others))] if hit and others else match[0]

        return right.replace(text, _TOKEN.sub(replaced, text))

    return answer


def _kind(token: str) -> Any:
    return 0 if token[0].isdigit() else 1 if token[0].isalpha() or token[0] == "_" else 2


def altered(instance: Instance, statement: str = ";") -> str:
    """Warp's C++ with a statement more, before what the kernel computes; an empty one, unless told otherwise.

    ``{array}`` in the statement becomes the name of an array.
    """
    text: str = instance.hidden["wanted"]
    array = re.findall(r"wp::array_t<[^\n]* (var_\w+) = _wp_args", text)[-1]
    head, mark, rest = text.rpartition("    // forward\n")
    return head + mark + f"    {statement.replace('{array}', array)}\n" + rest
