"""Words that several prompts share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from warpsmith.grammar.program import Program
from warpsmith.tasks.data import Data, shown_text

CODE = (
    "Answer with one Python code block that holds the whole module: `import warp as wp`, and kernels, functions, "
    "structs and constants alone."
)
JSON = "Answer with one JSON code block."


def fenced(kind: str, text: str) -> str:
    """A code block."""
    return f"```{kind}\n{text.strip()}\n```"


def named(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def launch(program: Program) -> str:
    """How the kernel is launched, in a sentence."""
    dim = program.launch.dim
    return f"The kernel is launched with dim={dim[0] if len(dim) == 1 else dim}."


def arguments(program: Program, data: Sequence[Data]) -> str:
    """What it is launched with."""
    named = {a.name: d for a, d in zip(program.launch.arguments, data, strict=True)}
    return fenced("json", shown_text(named))


def signature(source: str, kernel: str) -> str:
    """The kernel's first line, and the structs that it may need."""
    head = re.search(rf"^def {kernel}\(.*\):$", source, re.MULTILINE)
    structs = re.findall(r"^@wp\.struct\nclass \w+:\n(?: {4}.*\n?)+", source, re.MULTILINE)
    assert head is not None
    return "\n\n".join([*(s.strip() for s in structs), f"@wp.kernel\n{head[0]}\n    ..."])
