"""What becomes of every seed: the lowest seed of a ``norm`` is kept, up to a cap per ``skeleton``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

KEYS = ("seed", "norm", "skeleton")
"""What decides a seed's fate; a seed without ``norm`` was refused."""
_DIGITS = 32
"""Hexadecimal digits of a digest."""
FATES = ("kept", "refused", "duplicate", "capped")

_Indices: TypeAlias = npt.NDArray[np.int64]
_Halves: TypeAlias = npt.NDArray[np.uint64]
"""Digests of 128 bits, as two numbers each."""


@dataclass(frozen=True)
class Fates:
    """The fate of every seed.

    Attributes:
        seeds: ascending.
        fates: indices into :data:`FATES`.
        like: of a duplicate, the seed whose ``norm`` it has; of a capped one, the first seed of its skeleton; else -1.
        skeletons: of every kept seed, the first half of its skeleton's digest.
        groups: of every kept seed, the position among them of the first with its skeleton.
    """

    seeds: _Indices
    fates: npt.NDArray[np.int8]
    like: _Indices
    skeletons: npt.NDArray[np.uint64]
    groups: _Indices

    @property
    def kept(self) -> _Indices:
        """The seeds that are kept, ascending."""
        kept: _Indices = self.seeds[self.fates == 0]
        return kept


def decide(keys: Iterable[pa.Table], cap: int) -> Fates:
    """Find the fate of every seed.

    Forty bytes of a seed are in memory, and as many again while it is decided.

    Args:
        keys: tables with the columns :data:`KEYS`, in any order; no seed is there twice.
        cap: most rows of a skeleton.
    """
    seeds, made, norms, skeletons = _gathered(keys)
    fates, like = np.where(made, 0, FATES.index("refused")).astype(np.int8), np.full(len(seeds), -1, np.int64)
    rows = np.flatnonzero(made)
    first, rank = _ranked(norms, rows)
    again = rank > 0
    fates[rows[again]], like[rows[again]] = FATES.index("duplicate"), seeds[first[again]]
    rows = rows[~again]
    first, rank = _ranked(skeletons, rows)
    over = rank >= cap
    fates[rows[over]], like[rows[over]] = FATES.index("capped"), seeds[first[over]]
    kept = rows[~over]
    return Fates(seeds, fates, like, skeletons[kept, 0], np.searchsorted(kept, first[~over]))


def _gathered(keys: Iterable[pa.Table]) -> tuple[_Indices, npt.NDArray[np.bool_], _Halves, _Halves]:
    none = np.empty((0, 2), np.uint64)
    parts = [(np.empty(0, np.int64), np.empty(0, bool), none, none)]
    for table in keys:
        made = table["norm"].is_valid().to_numpy()
        parts.append((table["seed"].to_numpy(), made, _halves(table["norm"]), _halves(table["skeleton"])))
    seeds, made, norms, skeletons = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    del parts
    if (np.diff(seeds) > 0).all():
        return seeds, made, norms, skeletons
    order = np.argsort(seeds)
    return seeds[order], made[order], norms[order], skeletons[order]


def _ranked(digests: _Halves, rows: _Indices) -> tuple[_Indices, _Indices]:
    """Of some rows, ascending: the first of those with the same digest, and how many of these stand before it."""
    high, low = digests[rows, 0], digests[rows, 1]
    order = np.argsort(high, kind="stable")
    same = high[order[1:]] == high[order[:-1]]
    if (low[order[1:]] != low[order[:-1]])[same].any():  # equal in 64 bits by chance
        order = np.lexsort((low, high))
        same = (high[order[1:]] == high[order[:-1]]) & (low[order[1:]] == low[order[:-1]])
    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(rows)), bool), ~same]))
    lengths = np.diff(np.append(starts, len(rows)))
    first, rank = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    first[order] = np.repeat(rows[order[starts]], lengths)
    rank[order] = np.arange(len(rows)) - np.repeat(starts, lengths)
    return first, rank


def _halves(digests: pa.ChunkedArray) -> _Halves:
    """Digests as numbers; zeros where there is none."""
    filled = pc.fill_null(digests, "0" * _DIGITS).cast(pa.binary(_DIGITS)).combine_chunks()
    array = filled.chunk(0) if isinstance(filled, pa.ChunkedArray) else filled
    if not len(array):
        return np.empty((0, 2), np.uint64)
    text = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * _DIGITS :][: len(array) * _DIGITS]
    digits = np.where(text >= ord("a"), text - (ord("a") - 10), text - ord("0")).reshape(-1, _DIGITS)
    octets = np.ascontiguousarray(digits[:, 0::2] << 4 | digits[:, 1::2])
    return octets.view(">u8").astype(np.uint64)
