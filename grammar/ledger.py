"""The ledger: every builtin of Warp's registry is derived, written or excluded, and each exclusion has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from warpsmith.grammar import registry

EXCLUDED: tuple[tuple[str, str], ...] = (
    ("tile*", "tiles are cooperative: the threads of a block share them; a family of its own, not written yet"),
    ("untile", "the inverse of tile(); as tile*"),
    ("block_dim", "its value depends on the device and the launch"),
    ("bvh_*", "needs a live Bvh behind a uint64 id"),
    ("mesh_*", "needs a live Mesh behind a uint64 id"),
    ("hash_grid_*", "needs a live HashGrid behind a uint64 id"),
    ("volume_*", "needs a live Volume behind a uint64 id"),
    ("texture_sample", "needs a live texture object"),
    ("dense_*", "hidden helpers that trust sizes which nothing ties to their arrays: out of bounds by design"),
    ("expect_*", "hidden test helpers that print and abort"),
    ("printf", "a side effect on the console; no value"),
    ("print", "a side effect on the console; no value"),
    ("breakpoint", "stops the program"),
    ("array", "makes an array from a raw address"),
    ("select", "deprecated; where() with its arms swapped"),
    ("static", "evaluates Python at compile time; it is not an expression of the kernel language"),
    ("indexref", "references to components of array elements, made only inside other rewrites"),
    ("extract", "hidden; reading a component goes through index"),
    ("transform_set_*_copy", "hidden; what assigning a part becomes when overwrites are enabled by a global option"),
    ("assign_copy", "hidden; component stores when overwrites are enabled by a global option"),
    ("transform_add_inplace", "hidden; compound assignment to a transform held in an array: not written yet"),
    ("transform_sub_inplace", "hidden; compound assignment to a transform held in an array: not written yet"),
    ("tuple", 'hidden; values of tuples are documented as not supported: "Tuple initialization is not supported"'),
    ("assign", "hidden; stores into tiles and into arrays local to a thread"),
    ("bit_*_inplace", "hidden; component-wise compound assignment of bits: not written yet"),
)
"""Builtins (as shell patterns) that the grammar leaves out, and why."""


_AMBIGUOUS = (
    "the native compilers refuse it with backward on: conversions from and to bool are ambiguous for 16-bit floats"
)

REFUSED: dict[str, str] = {
    "bool(float16)": _AMBIGUOUS,
    "bool(bfloat16)": _AMBIGUOUS,
    "float16(bool)": _AMBIGUOUS,
    "bfloat16(bool)": _AMBIGUOUS,
}
"""Single signatures of builtins that are otherwise derived, left out because Warp 1.19 generates code for them that
does not compile: findings about Warp, each by itself in ``tests/grammar/test_refused.py``."""


@cache
def excluded(builtin: str) -> str | None:
    """Why the grammar leaves a builtin out; ``None`` if it does not."""
    return next((reason for pattern, reason in EXCLUDED if fnmatchcase(builtin, pattern)), None)


@dataclass(frozen=True)
class Ledger:
    """Where each name of the registry stands.

    Attributes:
        derived: builtins whose productions come from the registry alone.
        written: builtins that a written production or a construct covers, and no derived one does.
        excluded: builtin to reason.
        missing: builtins that are none of the three; the ledger's test wants it empty.
        overlap: builtins that are excluded and yet derived or written; likewise.
    """

    derived: tuple[str, ...]
    written: tuple[str, ...]
    excluded: dict[str, str]
    missing: tuple[str, ...]
    overlap: tuple[str, ...]


@cache
def ledger() -> Ledger:
    """Takes stock of the installed Warp's registry."""
    from warpsmith.grammar.constructs import CONSTRUCTS
    from warpsmith.grammar.derive import BOUND, derived
    from warpsmith.grammar.written import written

    of_derived = {p.builtin for p in derived()}
    of_written = {p.builtin for p in written()} | {b for c in CONSTRUCTS for b in c.covers} | set(BOUND)
    reasons = {n: reason for n in registry.names() if (reason := excluded(n)) is not None}
    covered = of_derived | of_written
    names = registry.names()
    return Ledger(
        derived=tuple(n for n in names if n in of_derived),
        written=tuple(n for n in names if n in of_written - of_derived),
        excluded=reasons,
        missing=tuple(n for n in names if n not in covered and n not in reasons),
        overlap=tuple(n for n in names if n in covered and n in reasons),
    )
