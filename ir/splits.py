"""Which split a program is in, as far as it shows by itself: by its skeleton, and by what is held out.

Corpora and tasks go by the same: a skeleton has its split by a salted hash, wherever it occurs. A corpus moves it where
a near-duplicate of it has another one. What is held out are builtins, and pairs of operations, by a hash of their
names: no program of the other splits has one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

SPLITS = ("train", "validation", "test", "test_ood")
_SHARES = {"validation": 0.05, "test": 0.05}
_SALT = b"warpsmith 54"
"""Chosen so that what is held out is neither common nor rare: 5 in 100 kernels have some of it."""
_BUILTINS_HELD_OUT = 1 / 100
_PAIRS_HELD_OUT = 5e-5
_WORD = 2**64

_Numbers: TypeAlias = npt.NDArray[np.uint64]


def split_of(skeleton: str, productions: Sequence[str]) -> str:
    """The split of a program that shares its skeleton with no other.

    Args:
        skeleton: its digest over the levels that Warp generates, see :func:`warpsmith.ir.digest.combine`.
        productions: names of its productions.
    """
    if held_out(productions) is not None:
        return SPLITS[-1]
    return SPLITS[int(by_skeleton(np.array([int(skeleton[:16], 16)], np.uint64))[0])]


def by_skeleton(skeletons: _Numbers) -> npt.NDArray[np.int8]:
    """Indices into :data:`SPLITS`, for the first halves of skeletons' digests."""
    place = _mixed(skeletons ^ np.uint64(_hash("split"))) / _WORD
    edges = np.cumsum(list(_SHARES.values()))
    return np.where(place < edges[0], 1, np.where(place < edges[1], 2, 0)).astype(np.int8)


def held_out(productions: Sequence[str]) -> str | None:
    """What a program has that the other splits do not have.

    Args:
        productions: names of its productions; those of operations end in types, ``dot(vec3f, vec3f)``.

    Returns:
        A builtin, ``dot``; or a pair of operations, ``dot(vec3f, vec3f) & sin(float32)``; ``None`` if there is nothing.
    """
    operations = sorted({name for name in productions if "(" in name})
    for name in operations:
        if _hash(builtin := _builtin(name)) < _BUILTINS_HELD_OUT * _WORD:
            return builtin
    numbers = np.array([_hash(name) for name in operations], np.uint64)
    # The sum does not depend on the order of a pair, and wraps.
    chosen = np.triu(_mixed(numbers[:, None] + numbers[None, :]) < _PAIRS_HELD_OUT * _WORD, 1)
    if not chosen.any():
        return None
    first, second = np.argwhere(chosen)[0]
    return f"{operations[first]} & {operations[second]}"


def _builtin(name: str) -> str:
    """The builtin or operator of an operation: ``compare`` of ``compare <(int32, int32)``."""
    found = re.match(r"\w+", name)
    return found.group() if found else name


@cache
def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=_SALT).digest(), "little")


def _mixed(numbers: _Numbers) -> _Numbers:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014), so that near numbers fall far apart."""
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: _Numbers = numbers ^ (numbers >> np.uint64(31))
    return mixed
