"""Which split a row is in: whole groups move together, and a group that has something held out goes to ``test_ood``.

A group is all rows of a skeleton, and of all skeletons that near-duplicates connect. All of it is a function of the
rows, so a corpus made larger, or merged, keeps what it held out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.corpus.fates import Fates
from warpsmith.corpus.near import clusters, join, root
from warpsmith.ir.splits import SPLITS, by_skeleton

_Numbers: TypeAlias = npt.NDArray[np.uint64]
_Positions: TypeAlias = npt.NDArray[np.int64]
_Splits: TypeAlias = npt.NDArray[np.int8]


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
    split = by_skeleton(skeletons)[groups]
    ood = np.zeros(len(groups), bool)
    ood[groups[held]] = True
    split[ood[groups]] = SPLITS.index("test_ood")
    return split
