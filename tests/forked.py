"""The ``warpsmith`` command in a process of its own that needs not start: a fork of one that has imported everything.

For tests of what a command does. What is about starting, signals or limits wants an interpreter of its own.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.forked_imports"])


def run(
    *arguments: object,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    seconds: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """What a command prints, and its exit code.

    Args:
        arguments: of the command.
        cwd: where it runs.
        environment: variables besides those of this process.
        before: a function of a module, called first.
        seconds: how long it may take.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    _start()
    given = [str(a) for a in arguments]
    variables = {**os.environ, **(environment or {})}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "out", Path(folder) / "err"
        process = _SERVER.Process(target=_command, args=(given, cwd or Path.cwd(), variables, files, before))
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(given, seconds)
        assert process.exitcode is not None
        return subprocess.CompletedProcess(given, process.exitcode, *(f.read_text() for f in files))


@cache
def _start() -> None:
    """Starts the server where it finds this tree: pytest's own path is not handed on to it."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with mock.patch.dict(os.environ, PYTHONPATH=path):
        forkserver.ensure_running()


def _command(
    arguments: list[str],
    cwd: Path,
    variables: dict[str, str],
    files: tuple[Path, Path],
    before: Callable[[], None] | None,
) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    for number, path in enumerate(files, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["warpsmith", *arguments]
    if before is not None:
        before()
    from warpsmith import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # which a fork of this kind leaves out
        sys.stdout.flush()
        sys.stderr.flush()
