"""Runs :mod:`tests.proofs.truth` over many files in child processes, and keeps what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_BATCH = 6


def collect(
    files: Sequence[Path], cache: Path, *, jobs: int, run: bool, seconds: float = 240.0
) -> list[dict[str, Any]]:
    """A row for each kernel and function that Warp was brought to build.

    Args:
        files: what to import.
        cache: a file with a line for each file that is done; what it has is not done again.
        jobs: how many child processes at once.
        run: whether tests in the files are run for the kernels that they make.
        seconds: how long a child may take for a file.
    """
    done = {row["path"]: row for row in _lines(cache)}
    left = [f for f in files if str(f) not in done]
    batches = [left[i : i + _BATCH] for i in range(0, len(left), _BATCH)]
    with ThreadPoolExecutor(jobs) as pool, cache.open("a") as kept:
        for rows in pool.map(lambda batch: list(_child(batch, run, seconds)), batches):
            for row in rows:
                done[row["path"]] = row
                print(json.dumps(row), file=kept, flush=True)
    return [done[str(f)] for f in files]


def _lines(cache: Path) -> Iterator[dict[str, Any]]:
    if cache.exists():
        yield from (json.loads(line) for line in cache.read_text().splitlines())


def _child(files: list[Path], run: bool, seconds: float) -> Iterator[dict[str, Any]]:
    """What a child says of the files; a file at which it ends is told so, and a fresh one takes the rest."""
    while files:
        command = [sys.executable, "-m", "tests.proofs.truth", *(["--run"] if run else []), *map(str, files)]
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "WARP_CACHE_PATH": folder}
            try:
                ended = subprocess.run(
                    command, stdout=output, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                    timeout=seconds * len(files), env=environment, check=False,
                )  # fmt: skip
                how = f"ended with {ended.returncode}"
            except subprocess.TimeoutExpired:
                how = "took too long"
            output.seek(0)
            rows = [json.loads(line) for line in output if line.endswith("}\n")]
        told = [row for row in rows if "rows" in row]
        yield from told
        if len(told) == len(files):
            return
        yield {"path": str(files[len(told)]), "trouble": f"the process {how}", "rows": []}
        files = files[len(told) + 1 :]
