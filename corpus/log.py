"""What making a corpus takes: a line for each unit, with time and memory. No other file depends on it."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

LOG = "log.jsonl"


@dataclass(frozen=True)
class Entry:
    """What a run had taken when a unit was done, or the merge.

    Attributes:
        run: when the run began, as ISO 8601 has it.
        elapsed: seconds since then.
        seeds: of the unit; 0 for the merge.
        seconds: CPU seconds of its stages.
        coordinator_seconds: CPU seconds of the coordinator since it began.
        coordinator: most bytes that the coordinator has had in memory.
        worker: likewise the worker that made the unit, with the process that launches its programs.
    """

    run: str
    elapsed: float
    seeds: int
    seconds: dict[str, float]
    coordinator_seconds: float
    coordinator: int
    worker: int


class Log:
    """The log of a run that begins now.

    Args:
        path: the corpus's folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path / LOG
        self._run, self._began = datetime.now(timezone.utc).isoformat(timespec="milliseconds"), time.monotonic()

    def add(self, seeds: int, seconds: dict[str, float], worker: int) -> None:
        """Add a line."""
        elapsed = round(time.monotonic() - self._began, 3)
        rounded = {stage: round(spent, 3) for stage, spent in seconds.items()}
        entry = Entry(self._run, elapsed, seeds, rounded, round(time.process_time(), 3), peak_memory(), worker)
        with self._path.open("a") as log:
            log.write(json.dumps(asdict(entry)) + "\n")


def entries(path: Path) -> Iterator[Entry]:
    """The lines of a corpus's log; those that were cut short are passed over."""
    if (log := path / LOG).exists():
        for line in log.read_text(errors="replace").splitlines():
            try:
                yield Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue


def costs(path: Path) -> dict[str, Any]:
    """What all runs have taken together that worked on the corpus in a folder, as far as its log goes."""
    lines = list(entries(path))
    runs = {entry.run: entry for entry in lines}  # the last line of each
    spent = [(stage, s) for entry in lines for stage, s in entry.seconds.items()]
    return {
        "runs": len(runs),
        "seeds": sum(entry.seeds for entry in lines),
        "wall_seconds": round(sum(entry.elapsed for entry in runs.values()), 1),
        "cpu_seconds": {
            "warp": round(sum(s for stage, s in spent if stage.startswith("warp ")), 1),
            "own": round(sum(s for stage, s in spent if not stage.startswith("warp ")), 1),
            "coordinator": round(sum(entry.coordinator_seconds for entry in runs.values()), 1),
        },
        "peak_bytes": {
            "coordinator": max((entry.coordinator for entry in lines), default=0),
            "worker": max((entry.worker for entry in lines), default=0),
        },
    }


def peak_memory() -> int:
    """Most bytes that this process has had in memory."""
    try:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))
    except (OSError, StopIteration):  # no Linux; other systems count in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
