"""What of one split is in another: no ``norm``, no ``skeleton`` and no near-duplicate pair may be in two.

::

    python -m tests.proofs.leaks [DIR]

Without a folder, a corpus of 1,000 seeds is made first.

Near-duplicates are counted exactly here, over all pairs of rows in different splits, without MinHash: a pair is one if
its normalised texts share 0.85 of their runs of five words (Jaccard). Copies of rows, and of parts of them, are then
put into other splits: all must be found, but those that are too different.

Exits with 1 if anything is in two splits, or if copies are not found as they should be.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy import sparse

from warpsmith import ir
from warpsmith.corpus.folder import Folder

SIMILAR = 0.85
RUN = 5
_ROWS_AT_A_TIME = 500


@dataclass
class Rows:
    """What of the rows decides whether one belongs with another.

    Attributes:
        seeds: of every row.
        splits: likewise.
        digests: likewise, ``norm`` and ``skeleton``.
        runs: a row of the matrix for each, with a one for every run of words that its text has.
    """

    seeds: list[int]
    splits: npt.NDArray[np.str_]
    digests: dict[str, list[str]]
    runs: sparse.csr_matrix

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many runs each row has."""
        return np.asarray(self.runs.sum(axis=1), np.int64).ravel()


def read(path: Path) -> Rows:
    """The rows of a finished corpus."""
    levels = Folder(path).read_finished().request.configuration.levels
    level = next((name for name in ("cpp", "cuda", "adjoint") if name in levels), levels[0])
    known: defaultdict[tuple[str, ...], int] = defaultdict(lambda: len(known))
    rows, columns, table = [], [], []
    for file in sorted((path / "data").glob("*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(100, columns=["seed", "norm", "skeleton", f"{level}_forward"]):
            for row in batch.to_pylist():
                words = ir.normalise(level, row.pop(f"{level}_forward"), "").split()
                runs = {known[tuple(words[i : i + RUN])] for i in range(max(1, len(words) - RUN + 1))}
                rows += [len(table)] * len(runs)
                columns += sorted(runs)
                table.append(row | {"split": file.name.partition("-")[0]})
    matrix = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), (len(table), len(known)))
    digests = {name: [row[name] for row in table] for name in ("norm", "skeleton")}
    return Rows([row["seed"] for row in table], np.array([row["split"] for row in table]), digests, matrix)


def near(rows: Rows) -> list[tuple[int, int]]:
    """All pairs of rows that are near-duplicates, as positions."""
    sizes, found = rows.sizes, []
    for start in range(0, len(rows.seeds), _ROWS_AT_A_TIME):
        shared = (rows.runs[start : start + _ROWS_AT_A_TIME] @ rows.runs.T).tocoo()
        one, other = shared.row + start, shared.col
        alike = (one < other) & (shared.data >= SIMILAR * (sizes[one] + sizes[other] - shared.data))
        found += list(zip(one[alike].tolist(), other[alike].tolist(), strict=True))
    return found


def leaks(rows: Rows, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """What is in two splits."""
    for name, digests in rows.digests.items():
        of: dict[str, set[str]] = defaultdict(set)
        for digest, split in zip(digests, rows.splits.tolist(), strict=True):
            of[digest].add(split)
        yield from (f"{name} {d} is in {' and '.join(sorted(s))}" for d, s in of.items() if len(s) > 1)
    for one, other in pairs:
        if rows.splits[one] != rows.splits[other]:
            where = [f"seed {rows.seeds[at]} ({rows.splits[at]})" for at in (one, other)]
            yield " is like ".join(where)


def planted(rows: Rows, count: int = 50) -> dict[str, int]:
    """Put copies of rows into other splits; how many are found, by kind.

    Copies have the ``norm``, or the ``skeleton`` of the row alone, or but 95 % or 75 % of the runs of its text.
    """
    chosen = np.linspace(0, len(rows.seeds) - 1, min(count, len(rows.seeds))).astype(int)
    found = Counter[str]()
    for kind, share in (("norm", 0.0), ("skeleton", 0.0), ("95 % of the text", 0.95), ("75 % of the text", 0.75)):
        copies = rows.runs[chosen].copy()
        copies.data[np.random.default_rng(0).random(len(copies.data)) > share] = 0
        copies.eliminate_zeros()
        other = np.where(rows.splits[chosen] == "train", "test", "train")
        digests = {
            name: own + [own[at] if name == kind else f"{name} {at}" for at in chosen]
            for name, own in rows.digests.items()
        }
        both = Rows(
            [*rows.seeds, *(-1 - rows.seeds[at] for at in chosen)],
            np.concatenate([rows.splits, other]),
            digests,
            sparse.vstack([rows.runs, copies]).tocsr(),
        )
        told = "\n".join(leaks(both, near(both)))
        marks = [
            f"{kind} {rows.digests[kind][at]} " if kind in rows.digests else f"like seed {-1 - rows.seeds[at]} "
            for at in chosen
        ]
        found[kind] = sum(mark in told for mark in marks)
    return dict(found) | {"of each": len(chosen)}


def report(path: Path) -> dict[str, Any]:
    """What is in two splits of a corpus, for JSON."""
    rows = read(path)
    pairs = near(rows)
    names, counts = np.unique(rows.splits, return_counts=True)
    return {
        "rows": len(rows.seeds),
        "splits": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "skeletons": len(set(rows.digests["skeleton"])),
        "pairs_compared": sum(int(a) * int(b) for a, b in combinations(counts, 2)),
        "near_duplicate_pairs_within_a_split": sum(rows.splits[a] == rows.splits[b] for a, b in pairs),
        "planted": planted(rows),
        "leaks": list(leaks(rows, pairs)),
    }


def main() -> int:
    """Prints the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    asked = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as folder:
        path = asked or Path(folder) / "corpus"
        if asked is None:
            command = ["generate", "--count", "1000", "--levels", "cpp", "--out", str(path)]
            subprocess.run([sys.executable, "-m", "warpsmith", *command], check=True)
        found = report(path)
    print(json.dumps(found, indent=2))
    most = found["planted"].pop("of each")
    noticed = found["planted"] == {"norm": most, "skeleton": most, "95 % of the text": most, "75 % of the text": 0}
    return int(bool(found["leaks"]) or not noticed)


if __name__ == "__main__":
    sys.exit(main())
