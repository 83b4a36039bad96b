"""The ledger: every builtin of Warp's registry is derived, written or excluded, and each exclusion has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from warpsmith.grammar import registry
from warpsmith.grammar.constructs import CONSTRUCTS
from warpsmith.grammar.constructs.objects import OBJECT_CONSTRUCTS
from warpsmith.grammar.derive import derived
from warpsmith.grammar.exceptions import SPELLED_BY_STATEMENTS, excluded
from warpsmith.grammar.tiles.statements import drawn
from warpsmith.grammar.written import written


@dataclass(frozen=True)
class Ledger:
    """Where each name of the registry stands.

    Attributes:
        derived: builtins whose productions come from the registry alone.
        written: builtins that a written production or a construct covers, and no derived one does.
        excluded: builtin to reason.
        missing: builtins that are none of the three; the ledger's test wants it empty.
        overlap: builtins that are excluded and yet derived or written; likewise.
        tiles: builtins that Warp documents among those of tiles: whether they are drawn there.
    """

    derived: tuple[str, ...]
    written: tuple[str, ...]
    excluded: dict[str, str]
    missing: tuple[str, ...]
    overlap: tuple[str, ...]
    tiles: dict[str, bool]


@cache
def ledger() -> Ledger:
    """Takes stock of the installed Warp's registry."""
    of_derived = {p.builtin for p in derived()}
    constructs = (*CONSTRUCTS, *OBJECT_CONSTRUCTS)
    of_written = {p.builtin for p in written()} | {b for c in constructs for b in c.covers} | set(SPELLED_BY_STATEMENTS)
    of_written |= drawn()
    reasons = {n: reason for n in registry.names() if (reason := excluded(n)) is not None}
    covered = of_derived | of_written
    names = registry.names()
    return Ledger(
        derived=tuple(n for n in names if n in of_derived),
        written=tuple(n for n in names if n in of_written - of_derived),
        excluded=reasons,
        missing=tuple(n for n in names if n not in covered and n not in reasons),
        overlap=tuple(n for n in names if n in covered and n in reasons),
        tiles={n: n in drawn() for n in registry.in_group("Tile Primitives")},
    )
