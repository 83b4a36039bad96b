"""Questions and right answers, for models to be trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from warpsmith.corpus.row import Record

_MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("id", "task", "level")),
        *(pa.field(name, _MESSAGES, nullable=False) for name in ("prompt", "completion", "messages")),
    ]
)
"""``messages`` is ``prompt`` and then ``completion``. All three are messages: TRL takes a row for a conversation or for
plain text by looking at any one of them."""


@dataclass(frozen=True)
class Prompt:
    """A way to ask about a row.

    Attributes:
        task: its name.
        ask: of a row and a level, the question and the right answer.
    """

    task: str
    ask: Callable[[Record, str], tuple[str, str]]


_CALLED = {
    "adjoint": ("Warp's adjoint form: its variables and the steps of both passes", ""),
    "cpp": ("the C++ that Warp generates for the CPU", "cpp"),
    "cuda": ("the CUDA C++ that Warp generates", "cuda"),
    "llvm": ("the LLVM IR that Warp's CPU compiler makes of it", "llvm"),
    "ptx": ("the PTX that NVRTC makes of it for sm_{arch}", "ptx"),
}
"""A level in a sentence, and the language of its code blocks."""


def _translate(row: Record, level: str) -> tuple[str, str]:
    name, language = _CALLED[level]
    forward, backward = row[f"{level}_forward"], row[f"{level}_backward"]
    passes = "the forward pass, and in a second code block the backward pass" if backward else "the forward pass alone"
    question = (
        f"This is a program for NVIDIA Warp {row['warp']}:\n\n{_fenced('python', row['source'])}\n\n"
        f"Write {name.format(arch=row['arch'])}, for the kernel `{row['entry']}`: {passes}."
    )
    return question, "\n\n".join(_fenced(language, text) for text in (forward, backward) if text)


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


TRANSLATE = Prompt("translate", _translate)
"""From the source to one level of IR."""


def prompt_rows(row: Record, levels: Sequence[str], prompts: Sequence[Prompt]) -> Iterator[Record]:
    """One row for each prompt and level.

    Args:
        row: of a corpus.
        levels: that it has.
        prompts: what is asked.
    """
    for prompt in prompts:
        for level in levels:
            question, answer = prompt.ask(row, level)
            asked = [{"role": "user", "content": question}]
            answered = [{"role": "assistant", "content": answer}]
            yield {
                "id": f"{row['id']}-{prompt.task}-{level}",
                "task": prompt.task,
                "level": level,
                "prompt": asked,
                "completion": answered,
                "messages": asked + answered,
            }
