"""Each request in a process of its own, forked from one that never runs a program, and confined.

So nothing that a program does to its process reaches the next, and none waits for Warp to start.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from typing import Any

import numpy as np

from .confined import confine

_WARM = """import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = x[i] * 2.0
"""


def warm(runner: Any) -> None:
    """Have the compiler loaded, and its headers precompiled, before anybody forks."""
    runner.tell = lambda stage, job: None
    job = {"source": _WARM, "steps": [["kernel", [1], [0]]], "block_dim": 0, "sets": [[0]], "adjoints": [[0]]}
    answers, _ = runner.run([job], [np.ones(1, np.float32)])
    if answers[0]["failure"] is not None:
        raise SystemExit(f"{answers[0]['failure'][0]}: {answers[0]['failure'][1]}")


def apart(work: Callable[[list[str]], None], folder: str) -> list[str] | None:
    """Do the work in a forked process.

    Args:
        work: is given what the confinement lacks.
        folder: where it may write files; it is emptied afterwards, so that nobody finds what another has left.

    Returns:
        Where the process failed, and how; ``None`` if it did not.
    """
    pid = os.fork()
    if pid == 0:
        try:
            work(confine(folder))
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    for left in os.scandir(folder):
        shutil.rmtree(left.path) if left.is_dir(follow_symlinks=False) else os.unlink(left.path)
    if status == 0:
        return None
    if not os.WIFSIGNALED(status):
        return ["crash", _last_words() or "it ended by itself"]
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return ["timeout", "ran past its time limit"]
    return ["crash", "; ".join(filter(None, (signal.Signals(number).name, _last_words())))]


def _last_words() -> str:
    """The last line that was printed by the process, or native code in it."""
    lines = os.pread(2, 1 << 16, 0).decode(errors="replace").splitlines()
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
