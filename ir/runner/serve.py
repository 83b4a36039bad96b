"""Answers requests until there are no more."""

from __future__ import annotations

import gc
import json
import math
import os
import platform
import resource
import runpy
import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .apart import apart, have_indices_checked, warm
from .frames import LENGTHS, decode, encode
from .process import allow, await_the_end, die_with, used
from .programs import Runner

OLDEST = (1, 5)
FLAGS = "-march=native -fpch-instantiate-templates -disable-llvm-verifier"
"""Of Clang without optimisation: the templates of the headers are instantiated once a process, nobody proofreads the
compiler's own work, and thresholds for inlining are pointless. They save a sixth of the time, and change no code."""


def _initialised(settings: dict[str, Any]) -> Any:
    """Warp; whatever is wrong with it ends the process, and its last line says what."""
    if settings["prelude"]:
        runpy.run_path(settings["prelude"])
    import warp as wp

    if tuple(map(int, wp.config.version.split(".")[:2])) < OLDEST:
        raise SystemExit(f"warp {wp.config.version} is too old, {'.'.join(map(str, OLDEST))} is the oldest that works")
    wp.config.kernel_cache_dir = os.path.join(settings["folder"], "cache")
    if hasattr(wp, "LOG_ERROR"):
        wp.config.log_level = wp.LOG_ERROR
    else:
        wp.config.quiet = True
    if hasattr(wp.config, "optimization_level"):
        wp.config.optimization_level = 0  # most of a program's time goes into compiling it
    if hasattr(wp.config, "cpu_compiler_flags") and "optimization_level" not in settings["options"]:
        wp.config.cpu_compiler_flags = FLAGS
    wp.init()
    gc.freeze()  # Warp's registry is large and stays; every collection would walk through it
    return wp


class _Host:
    """The process that asks, at the other end of the pipes.

    Attributes:
        limits: how many seconds of computing each stage may take, as the last request says.
    """

    def __init__(self) -> None:
        self.limits: dict[str, float] = {}
        self._requests, self._answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)  # what Warp, compilers and kernels print goes where the host looks for it, and not into a frame

    def send(self, header: dict[str, Any], arrays: Sequence[Any] = ()) -> None:
        """Answer."""
        try:
            self._answers.write(encode(header, arrays))
            self._answers.flush()
        except BrokenPipeError:
            await_the_end()

    def received(self) -> tuple[dict[str, Any], list[Any]]:
        """The next request."""
        lengths = self._requests.read(LENGTHS.size)
        if len(lengths) == LENGTHS.size:
            expected = LENGTHS.unpack(lengths)
            parts = [self._requests.read(length) for length in expected]
            if [len(part) for part in parts] == list(expected):
                return decode(*parts)
        await_the_end()

    def tell(self, stage: str, job: int | None) -> None:
        """Say which stage begins, and limit it."""
        self.send({"stage": stage, "job": job})
        allow(self.limits[stage])


def main() -> None:
    """Answer requests until there are no more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    settings = json.loads(sys.argv[1])
    threading.Thread(target=die_with, args=(os.getppid(), settings["folder"]), daemon=True).start()
    host = _Host()
    wp = _initialised(settings)
    if settings["apart"]:
        have_indices_checked(wp, settings["folder"])
    runner = Runner(wp, settings["device"], settings["options"], host.tell)
    hello = {"warp": wp.config.version, "python": platform.python_version(), "numpy": np.__version__}
    if settings["apart"]:
        warm(runner)
        runner.tell = host.tell
    host.send({**hello, "used": used()})
    while True:
        header, data = host.received()
        host.limits = header["limits"]

        def work(lacking: Sequence[str] = (), header: dict[str, Any] = header, data: list[Any] = data) -> None:
            results, arrays = runner.run(header["jobs"], data)
            allow(math.inf)
            host.send({"results": results, "used": used(), "lacking": lacking}, arrays)

        if not settings["apart"]:
            work()
        elif failure := apart(work, wp.config.kernel_cache_dir):
            nothing: dict[str, Any] = {"outputs": [], "gradients": [], "after": [], "failure": failure}
            host.send({"results": [nothing for _ in header["jobs"]], "used": used()})
