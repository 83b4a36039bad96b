"""Contamination: rows that are near-duplicates of kernels which people have published, and models are tested on.

::

    python -m warpsmith.corpus.contamination [--jobs N]

captures the kernels that Warp's wheel has (its examples, ``warp.fem`` and its tests) and writes their signatures, those
of :mod:`warpsmith.corpus.near`, to ``corpus/wheel.parquet``. A merge compares its rows with them. The table is shipped,
since what can be imported of the wheel depends on the machine, and the bytes of a corpus must not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import warp as wp

from warpsmith import ir
from warpsmith.corpus.near import compared_level, nearest, signature
from warpsmith.errors import WarpsmithError

PATH = Path(__file__).with_name("wheel.parquet")
_SCHEMA = pa.schema(
    [
        pa.field("kernel", pa.string(), nullable=False),
        pa.field("minhash", pa.binary(), nullable=False),
    ]
)
_LEVEL = "cpp"
_PARTS = ("examples", "_src/fem", "tests")
_BATCH = 20
"""Files that a process imports."""
_SECONDS = 60.0
"""How long a file may take."""


def compared(levels: Sequence[str]) -> bool:
    """Whether rows with these levels are compared: it takes C++, which is what the table is of."""
    return compared_level(levels) == _LEVEL


def contaminated(levels: Sequence[str], signatures: Iterable[bytes]) -> list[str | None]:
    """The published kernel that each row is a near-duplicate of, ``tests/test_spatial.py:spatial_kernel``.

    Args:
        levels: of the corpus.
        signatures: of its rows, see :mod:`warpsmith.corpus.near`.

    Returns:
        The most similar one; ``None`` where there is none.
    """
    if not compared(levels):
        return [None for _ in signatures]
    names, find = _published()
    return [None if (found := find(one)) is None else names[found] for one in signatures]


@cache
def _published() -> tuple[list[str], Callable[[bytes], int | None]]:
    table = pq.read_table(PATH)
    return table["kernel"].to_pylist(), nearest(table["minhash"].to_pylist())


def _signatures(path: Path, name: str) -> Iterator[dict[str, str]]:
    """The signatures of the kernels that importing a file defines, for JSON."""
    try:
        kernels = ir.load_file(path).kernels
    except (Exception, SystemExit) as error:  # noqa: BLE001  # somebody else's code, which may raise anything
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        return
    for kernel, value in kernels.items():
        try:
            text = ir.capture(value, [_LEVEL]).levels[_LEVEL].forward
        except WarpsmithError as error:
            print(f"{name}:{kernel}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        data = signature({f"{_LEVEL}_forward": text}, [_LEVEL])
        yield {"kernel": f"{name}:{kernel}", "minhash": data.hex()}


def _look(files: Sequence[Path], root: Path) -> Iterator[dict[str, str]]:
    """The signatures in files, which processes of their own import; a file at which one ends is left out."""
    while files:
        command = [sys.executable, "-m", "warpsmith.corpus.contamination", "--files", *map(str, files)]
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
            environment = {**os.environ, "WARP_CACHE_PATH": folder}
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, env=environment)
            try:
                process.wait(_SECONDS * len(files))
            except subprocess.TimeoutExpired:
                process.kill()
            output.seek(0)
            rows = [json.loads(line) for line in output if line.startswith('{"') and line.endswith("}\n")]
        yield from (row for row in rows if "kernel" in row)
        done = sum("file" in row for row in rows)
        if done < len(files):
            print(f"{files[done].relative_to(root)}: ends its process", file=sys.stderr)
        files = files[done + 1 :]


def main() -> None:
    """Capture the wheel's kernels, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m warpsmith.corpus.contamination")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--files", type=Path, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    root = Path(wp.__file__).resolve().parent
    if options.files:
        for file in options.files:
            for row in _signatures(file, file.relative_to(root).as_posix()):
                print(json.dumps(row), flush=True)
            print(json.dumps({"file": str(file)}), flush=True)
        return
    files = [file for part in _PARTS for file in sorted((root / part).rglob("*.py")) if "kernel" in file.read_text()]
    with ThreadPoolExecutor(options.jobs) as pool:
        batches = [files[i : i + _BATCH] for i in range(0, len(files), _BATCH)]
        rows = [row for found in pool.map(lambda batch: list(_look(batch, root)), batches) for row in found]
    first: dict[str, dict[str, str]] = {}
    for row in rows:  # what is the same under another name is there once
        first.setdefault(row["minhash"], row)
    kept = [{**row, "minhash": bytes.fromhex(row["minhash"])} for row in first.values()]
    pq.write_table(pa.Table.from_pylist(kept, _SCHEMA), PATH, compression="zstd")
    print(f"{len(rows)} kernels of {len(files)} files, {len(kept)} different", file=sys.stderr)


if __name__ == "__main__":
    main()
