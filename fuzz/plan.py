"""What every worker of a campaign needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warpsmith.fuzz.launched import LAUNCHED
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.harness import Harness, Oracle


@dataclass(frozen=True)
class Plan:
    """What a campaign looks at, and how.

    Attributes:
        family: the family of programs.
        oracles: names of the oracles that look.
        python: the interpreter whose Warp is judged.
        warp: the version of that Warp.
        out: folder of the findings.
        shrink_seconds: time for one reduction.
        prelude: executed in the child processes first; see :class:`~ir.execute.Executor`.
    """

    family: Family
    oracles: tuple[str, ...]
    python: str
    warp: str
    out: Path
    shrink_seconds: float = 60.0
    prelude: Path | None = None

    @property
    def harness(self) -> Harness:
        """How the family's programs are examined: as it says itself, or by launching them."""
        return self.family.harness or LAUNCHED

    def looking(self, turn: int) -> list[Oracle[Any]]:
        """The oracles whose turn it is: each at one batch in so many, and one that is alone at all of them."""
        chosen = [self.harness.oracles[name] for name in self.oracles]
        return [oracle for oracle in chosen if turn % oracle.every == 0 or len(chosen) == 1]
