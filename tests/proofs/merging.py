"""What the merge's first pass costs: the fate and the split of ten million synthetic keys.

::

    python -m tests.proofs.merging [--keys 10000000]

The keys are in shards, as those of a corpus are: 1 in 100 is a duplicate, and 1 in 10 shares its skeleton. Signatures
of near-duplicates are not among them. Time is CPU time of the process, since others may be at work; memory is its peak.
Exits with 1 if it takes more than 30 seconds or 2 GB, or if it does not keep what it should.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq

from warpsmith.corpus.fates import KEYS, decide
from warpsmith.corpus.splits import assign
from warpsmith.ir.splits import SPLITS

CAP = 4
SHARD = 200_000
MOST_SECONDS, MOST_BYTES = 30.0, 2e9


def write(folder: Path, keys: int) -> None:
    """Write the keys in shards."""
    norms = keys * 99 // 100
    with duckdb.connect() as database:
        database.execute("SET memory_limit = '1GB'")
        for first in range(0, keys, SHARD):
            last = min(first + SHARD, keys)
            database.execute(
                f"COPY (SELECT i AS seed, md5((i % {norms})::VARCHAR) AS norm, "
                f"md5('s' || (i % {norms} % {keys * 9 // 10})) AS skeleton FROM range({first}, {last}) t(i)) "
                f"TO '{folder}/unit-{first:012d}.parquet'"
            )


def measure(folder: Path) -> dict[str, float]:
    """Decide on all keys, in this process."""
    start, wall = time.process_time(), time.perf_counter()
    files = sorted(folder.glob("*.parquet"))
    fates = decide((pq.read_table(file, columns=list(KEYS)) for file in files), CAP)
    split = assign(fates.groups, fates.skeletons, np.zeros(len(fates.groups), bool))
    found = {
        "seconds": round(time.process_time() - start, 1),
        "wall_seconds": round(time.perf_counter() - wall, 1),
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "keys": len(fates.seeds),
        "kept": len(fates.kept),
    }
    return found | dict(zip(SPLITS, np.bincount(split, minlength=len(SPLITS)).tolist(), strict=True))


def main() -> None:
    """Measure in a process of its own, and compare with the goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), options.keys)
        command = [sys.executable, "-m", "tests.proofs.merging", "--measure", folder]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(found, indent=2))
    right = found["kept"] == options.keys * 99 // 100
    sys.exit(0 if right and found["seconds"] <= MOST_SECONDS and found["bytes"] <= MOST_BYTES else 1)


if __name__ == "__main__":
    main()
