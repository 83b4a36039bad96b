"""Which split a row is in: whole groups move together, by a salted hash; what is held out goes to ``test_ood``.

A group is all rows of a skeleton, and of all skeletons that near-duplicates connect. What is held out are builtins, and
pairs of operations, by a hash of their names: no row of the other splits has one. All of it is a function of the rows,
so a corpus made larger, or merged, keeps what it held out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.corpus.fates import Fates
from warpsmith.corpus.near import clusters, join, root

SPLITS = ("train", "validation", "test", "test_ood")
_SHARES = {"validation": 0.05, "test": 0.05}
_SALT = b"warpsmith 54"
"""Chosen so that what is held out is neither common nor rare: 5 in 100 kernels have some of it."""
_BUILTINS_HELD_OUT = 1 / 100
_PAIRS_HELD_OUT = 5e-5
_WORD = 2**64

_Numbers: TypeAlias = npt.NDArray[np.uint64]
_Positions: TypeAlias = npt.NDArray[np.int64]
_Splits: TypeAlias = npt.NDArray[np.int8]


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


def place(fates: Fates, held: npt.NDArray[np.bool_], signatures: Iterable[bytes]) -> tuple[_Splits, _Positions]:
    """The split and the near-duplicates of every row.

    Args:
        fates: which rows there are.
        held: of every row, whether it has something that is held out.
        signatures: of every row, see :mod:`warpsmith.corpus.near`.

    Returns:
        Indices into :data:`SPLITS`, and the position of the first row that near-duplicates connect it with.
    """
    cluster = clusters(signatures)
    parents = list(range(len(cluster)))
    for position in np.flatnonzero(cluster != np.arange(len(cluster))).tolist():
        join(parents, int(fates.groups[position]), int(fates.groups[cluster[position]]))
    roots = np.fromiter((root(parents, p) for p in parents), np.int64, len(parents))
    return assign(roots[fates.groups], fates.skeletons, held), cluster


def assign(groups: _Positions, skeletons: _Numbers, held: npt.NDArray[np.bool_]) -> _Splits:
    """The split of every row.

    Args:
        groups: of every row, in the order of seeds, the position of its group's first row.
        skeletons: of every row, the digest of its skeleton.
        held: whether it has something that is held out; then its whole group goes to ``test_ood``.

    Returns:
        Indices into :data:`SPLITS`.
    """
    place = _mixed(skeletons ^ np.uint64(_hash("split"))) / _WORD
    edges = np.cumsum(list(_SHARES.values()))
    split = np.where(place < edges[0], 1, np.where(place < edges[1], 2, 0)).astype(np.int8)[groups]
    ood = np.zeros(len(groups), bool)
    ood[groups[held]] = True
    split[ood[groups]] = SPLITS.index("test_ood")
    return split
