"""How long it takes to start: the command's help, and imports, beside importing Warp.

    python -m tests.proofs.startup [--rounds 7] [--json]

Every round starts each subject once, in a process of its own. Reported are medians, of wall-clock time and of CPU time,
and ratios of CPU times, which other processes disturb less. Bytecode is cached in a folder of its own; the first round
fills it and does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
WARP, LIBRARIES = "import warp", "import warp, hypothesis, libcst"
SUBJECTS = {
    "python": ("-c", ""),
    "warpsmith --help": ("-m", "warpsmith", "--help"),
    "warpsmith --version": ("-m", "warpsmith", "--version"),
    "warpsmith check --help": ("-m", "warpsmith", "check", "--help"),
    **{code: ("-c", code) for code in ("import warpsmith", WARP, LIBRARIES, "from warpsmith import kernels")},
}


class Times(NamedTuple):
    """Seconds that a process took."""

    wall: float
    cpu: float


def start(arguments: tuple[str, ...], cache: str) -> Times:
    """Run Python to its end.

    Raises:
        RuntimeError: it failed.
    """
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": cache}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, cwd=cache)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return Times(wall, used.ru_utime + used.ru_stime)


def measure(rounds: int) -> dict[str, Times]:
    """The medians of every subject."""
    found: dict[str, list[Times]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(rounds + 1):
            for name, arguments in SUBJECTS.items():
                times = start(arguments, cache)
                if turn:
                    found[name].append(times)
    return {name: Times(median(t.wall for t in times), median(t.cpu for t in times)) for name, times in found.items()}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.rounds)
    rows = {
        name: {
            "wall_ms": 1000 * times.wall,
            "cpu_ms": 1000 * times.cpu,
            "of_importing_warp": times.cpu / found[WARP].cpu,
            "of_importing_libraries": times.cpu / found[LIBRARIES].cpu,
        }
        for name, times in found.items()
    }
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'':34}{'wall ms':>9}{'CPU ms':>9}{'/ warp':>9}{'/ warp, hypothesis, libcst':>29}")
    for name, row in rows.items():
        wall, cpu, warp, libraries = row.values()
        print(f"{name:34}{wall:9.0f}{cpu:9.0f}{warp:9.2f}{libraries:29.2f}")


if __name__ == "__main__":
    main()
