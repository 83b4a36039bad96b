"""Near-duplicates: rows whose normalised C++ shares most of its shingles, found by MinHash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH

from warpsmith import ir
from warpsmith.corpus.row import Record

SHINGLE = 5
"""Words of a shingle."""
PERMUTATIONS = 128
SIMILAR = 0.85
"""Jaccard similarity of shingles from which on two rows are near-duplicates."""
_LINKED = 0.75
"""Estimated similarity from which on they are taken for such: the estimate's standard error is 0.03 at 0.85, and 1 in
1,000 pairs of that similarity is estimated lower than this."""
_BANDS = (25, 5)
"""Bands and rows of the index, which misses 1 in 1,000,000 pairs of 0.85."""
_PREFERRED = ("cpp", "cuda", "adjoint")


def compared_level(levels: Sequence[str]) -> str:
    """The level whose texts are compared: C++ where a corpus has it."""
    return next((level for level in _PREFERRED if level in levels), levels[0])


def shingles(text: str) -> set[str]:
    """The shingles of a normalised text."""
    words = text.split()
    return {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


def normalised(record: Record, levels: Sequence[str]) -> str:
    """The text of a row that is compared: of the forward pass alone, since the backward pass follows from it."""
    level = compared_level(levels)
    return ir.normalise(level, record[f"{level}_forward"], "")


def signature(record: Record, levels: Sequence[str]) -> bytes:
    """The MinHash of a row, as little-endian numbers of 32 bits."""
    minhash = _minhash()
    minhash.update_batch([shingle.encode() for shingle in shingles(normalised(record, levels))])
    data: bytes = minhash.hashvalues.astype("<u4").tobytes()
    return data


def _minhash(**more: Any) -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, scheme="affine32", **more)  # the scheme is part of what a signature is


def _restored(data: bytes) -> MinHash:
    return _minhash(hashvalues=np.frombuffer(data, "<u4"))


def clusters(signatures: Iterable[bytes]) -> npt.NDArray[np.int64]:
    """Put near-duplicates together.

    Returns:
        Of every row, the position of the first row that a chain of near-duplicates connects it with.
    """
    index = MinHashLSH(params=_BANDS, num_perm=PERMUTATIONS)
    kept: list[bytes] = []
    parents: list[int] = []
    positions: dict[bytes, int] = {}
    for position, data in enumerate(signatures):
        parents.append(position)
        first = positions.setdefault(data, position)
        minhash = _restored(data)
        kept.append(data)
        if first != position:
            join(parents, first, position)
            continue
        for other in index.query(minhash):
            if similarity(kept[other], data) >= _LINKED:
                join(parents, other, position)
        index.insert(position, minhash)
    return np.array([root(parents, position) for position in range(len(parents))], np.int64)


def nearest(known: Sequence[bytes]) -> Callable[[bytes], int | None]:
    """Look for near-duplicates among known signatures: the position of the most similar one, if there is any."""
    index = MinHashLSH(params=_BANDS, num_perm=PERMUTATIONS)
    for position, data in enumerate(known):
        index.insert(position, _restored(data))

    def find(data: bytes) -> int | None:
        # The first of the most similar, whatever order the index has.
        best = max(((similarity(known[p], data), -p) for p in index.query(_restored(data))), default=(0.0, 0))
        return -best[1] if best[0] >= _LINKED else None

    return find


def similarity(one: bytes, other: bytes) -> float:
    """The Jaccard similarity of two rows, as their signatures estimate it."""
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


def root(parents: list[int], position: int) -> int:
    """The first of a set of a union-find forest, whose paths become shorter on the way."""
    while parents[position] != position:
        parents[position] = parents[parents[position]]
        position = parents[position]
    return position


def join(parents: list[int], one: int, other: int) -> None:
    """Unite two sets; the lower root stays."""
    low, high = sorted((root(parents, one), root(parents, other)))
    parents[high] = low
