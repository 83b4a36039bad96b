"""``python -m tests.proofs.idioms``: small kernels of people's idioms, right ones and wrong ones, beside Warp.

Half of them are wrong in ways in which beginners are wrong. What Warp says of each is asked of Warp, not written here;
a difference of verdicts is told, and so is an unknown. A topic is a module with a ``HEAD`` that its programs share, a
``KERNEL`` that a program's lines are put into, and the programs: ``RIGHT`` and ``WRONG`` say only what they are meant
to be. Each program has a line ``# name`` above it. What stands behind a line ``---`` goes before the kernel, or
replaces it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from tests.proofs.idioms import (
    arrays,
    bodies,
    composites,
    control,
    definitions,
    functions,
    making,
    modules,
    python,
    queries,
    structs,
    tiles,
    values,
)
from tests.synthesizer.witness import refusal
from warpsmith.synthesizer.check import check

TOPICS = (structs, functions, definitions, arrays, values, composites, tiles, queries, control, python, modules, making)

EXCLUDED = {
    "making: a namespace": "attributes of an instance may be set anywhere",
    "modules: static of a missing key": "a dictionary may be given keys anywhere",
    "making: reading the config of Warp": "the configuration is that of the process",
}
"""What cannot be known from the file, and why: the checker says that it is unknown."""


def programs() -> Iterator[tuple[str, str]]:
    """Each idiom: its name, and the whole program."""
    for line in bodies.lines():
        yield line, bodies.HEAD + "    " + line + "\n"
    for topic in TOPICS:
        for texts in (topic.RIGHT, topic.WRONG):
            for name, text in _parts(texts):
                yield f"{topic.__name__.rpartition('.')[2]}: {name}", topic.HEAD + _program(text, topic.KERNEL)


def _parts(texts: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^# ", texts, flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        yield name, text


def _program(text: str, kernel: str) -> str:
    body, _, module = ("\n" + text).partition("\n---\n")
    if re.search(r"^(kernel =|def kernel\()", module, flags=re.MULTILINE):
        return module
    return module + "\n\n" + kernel + textwrap.indent(body.strip("\n"), "    ") + "\n"


def compare(some: Iterable[tuple[str, str]]) -> tuple[dict[str, int], list[str]]:
    """Figures over programs, and a line for each that is not known or of which Warp says otherwise."""
    figures = {"kernels": 0, "refused by Warp": 0, "same": 0, "unknown": 0, "excluded": 0, "different": 0}
    told = []
    for name, source in some:
        theirs, ours = refusal(source), verdict(source)
        if theirs is None and ours == "refused":
            theirs = refusal(source, native=True)  # what the C++ compiler refuses is refused, too
        figures["kernels"] += 1
        figures["refused by Warp"] += theirs is not None
        same = ours == ("accepted" if theirs is None else "refused")
        excluded = name in EXCLUDED and ours == "unknown"
        figures["excluded" if excluded else "unknown" if ours == "unknown" else "same" if same else "different"] += 1
        if not (same or excluded):
            told.append(f"{name!r}: we: {ours}; Warp: {(theirs or 'accepted')[-160:]!r}")
    return figures, told


def verdict(source: str) -> str:
    """What the checker says of a program's kernels together."""
    report = check(source)
    found = {v.verdict for v in report.verdicts if v.kernel}
    if any(d.rule == "syntax-error" for d in report.diagnostics):
        return "refused"
    return next(v for v in ("refused", "unknown", "accepted") if v in found)
