"""Three digests of one IR level, from its stored text alone.

======== ===========================================================================
exact    of the text as stored
norm     of the normalised text: blind to names, comments, layout
skeleton of the normalised text without its constants
======== ===========================================================================

Each is the first 128 bits of a SHA-256, as 32 lower-case hexadecimal digits: at ten million rows a chance collision has
a probability near 1e-25.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from warpsmith.ir.normalise import normalise, without_constants

GENERATED = frozenset({"adjoint", "cpp", "cuda"})
"""Levels that Warp's code generator writes; the others take a native compiler."""


@dataclass(frozen=True)
class Digests:
    """The digests of one level, 32 hexadecimal digits each."""

    exact: str
    norm: str
    skeleton: str


def digest(level: str, forward: str, backward: str) -> Digests:
    """Digest one level's text.

    Args:
        level: ``adjoint``, ``cpp``, ``cuda``, ``llvm`` or ``ptx``.
        forward: The level's forward text.
        backward: The level's backward text, empty where there is none.
    """
    normal = normalise(level, forward, backward)
    # The separator keeps text that moves between forward and backward from looking the same.
    return Digests(_hash(f"{forward}\0{backward}"), _hash(normal), _hash(without_constants(level, normal)))


def combine(digest: str, per_level: Mapping[str, str]) -> str:
    """A row's digest, of one kind, out of that of each of its levels: 32 hexadecimal digits, as theirs.

    ``exact`` is of all levels. ``norm`` and ``skeleton`` are of those that Warp generates, if there are any: a
    native compiler folds constants, so its output for two programs that differ in nothing else may differ in shape.

    Args:
        digest: ``exact``, ``norm`` or ``skeleton``.
        per_level: level to its digest of that kind.
    """
    generated = {level: value for level, value in per_level.items() if level in GENERATED}
    chosen = per_level if digest == "exact" or not generated else generated
    text = "".join(f"{level}:{value}\n" for level, value in sorted(chosen.items()))
    return _hash(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
