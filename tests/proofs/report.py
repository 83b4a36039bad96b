"""What the proofs over many subjects share: their command line, what they find of a subject, and how they tell it."""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tests.proofs.meanings import BATCH


class Named(Protocol):
    """A subject that has a name."""

    @property
    def name(self) -> str:
        """Its name."""


T = TypeVar("T")
N = TypeVar("N", bound=Named)


@dataclass(frozen=True)
class Reading:
    """What was seen of one subject.

    Attributes:
        name: its name.
        verdict: one of an oracle's, or ``known`` where a known defect explains a difference.
        said: what differs, or the defects.
        components: numbers that were compared.
        unclear: how many of them have no finite bound.
    """

    name: str
    verdict: str
    said: str
    components: int
    unclear: int


def parser(description: str | None, count: int | None, things: str) -> ArgumentParser:
    """The options that they all have.

    Args:
        description: the proof's docstring.
        count: how many subjects by default; ``None`` for all.
        things: what the subjects are.
    """
    made = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument("--count", type=int, default=count, help=f"how many {things}")
    made.add_argument("--seed", type=int, default=0, help=f"of the {things}, or of their operands")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def chosen(description: str | None, things: str, some: Iterable[N]) -> tuple[list[N], Any]:
    """Those of the subjects that the command line asks for, by name and number, and its options."""
    made = parser(description, None, things)
    made.add_argument("--only", default="", help=f"{things} whose name has this text")
    made.add_argument("--skip", type=int, default=0, help="leave out so many at the beginning")
    options = made.parse_args()
    return [s for s in some if options.only in s.name][options.skip :][: options.count], options


def told(things: str, some: Sequence[T], look: Callable[[Sequence[T]], list[Reading]], *, as_json: bool) -> int:
    """Examines, and prints every difference and the counts.

    Args:
        things: what the subjects are.
        some: the subjects.
        look: examines a few of them.
        as_json: whether to print one JSON object and nothing else.

    Returns:
        The exit status: 1 if anything differs that no known defect explains.
    """
    findings: list[Reading] = []
    for start in range(0, len(some), BATCH):
        new = look(some[start : start + BATCH])
        findings += new
        for f in new:
            if f.verdict == "disagree" and not as_json:
                print(f"{f.name}: {f.said}", flush=True)
    verdicts = Counter(f.verdict for f in findings)
    components, unclear = (sum(getattr(f, n) for f in findings) for n in ("components", "unclear"))
    bad = [f for f in findings if f.verdict == "disagree"]
    if as_json:
        counts = {"subjects": len(some), "verdicts": verdicts, "components": components, "unclear": unclear}
        print(json.dumps({**counts, "different": [vars(f) for f in bad]}, indent=2))
    else:
        print(f"{len(some)} {things}: {dict(verdicts)}; {components} numbers, {unclear} without a bound")
    return int(bool(bad))
