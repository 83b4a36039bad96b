"""What the process allows itself, costs, and does when its host is gone."""

from __future__ import annotations

import math
import os
import resource
import shutil
import time
from pathlib import Path
from typing import Any, NoReturn


def die_with(parent: int, folder: str) -> None:
    """A host that is killed cannot kill its child, which may hang in a kernel, nor remove its files."""
    while os.getppid() == parent:
        time.sleep(1.0)
    for _ in range(50):  # the main thread may be compiling, which nobody can interrupt, and write there meanwhile
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            break
        time.sleep(0.1)
    os._exit(1)


def await_the_end() -> NoReturn:
    """Nobody asks or listens any more: the host is ending this process, or it is dead itself, which is seen to."""
    while True:
        time.sleep(60.0)


def used() -> dict[str, Any]:
    """What the process has cost so far: CPU seconds, and bytes it has in memory; at most, where it cannot be told."""
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # no Linux; other systems count in bytes
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.process_time(), "resident": resident}


def allow(seconds: float) -> None:
    """Have the process killed after so many more seconds of computing, which native code cannot ignore."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soon = most if seconds == math.inf else math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soon, most))
