"""Each request in a process of its own, forked from one that never runs a program, and confined.

So nothing that a program does to its process reaches the next, and none waits for Warp to start.
"""

from __future__ import annotations

import gc
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


_CHECKED = "checked.h"
_FLAGS = f"-w -fpch-instantiate-templates -ftrivial-auto-var-init=pattern -include {_CHECKED}"


def have_indices_checked(wp: Any, folder: str) -> None:
    """Have native code check its indices, as in Warp's debug mode, but without information for debuggers.

    That information, warnings, and templates that every module instantiates anew take half of the compiler's time.

    Args:
        wp: Warp.
        folder: where the compiler finds the header that brings back assertions; it becomes the working directory,
            for no path may hold blanks among the compiler's flags.
    """
    os.chdir(folder)
    with open(_CHECKED, "w", encoding="ascii") as header:
        header.write("#undef NDEBUG\n")
    wp.config.cpu_compiler_flags = _FLAGS


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
        gc.disable()  # it would walk through, and so copy, memory that is shared with the parent
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
