"""What native compilers leave on disk and print: a folder for them, and their log."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """A folder for what the compilers read and write; NVRTC mangles the file's name into the PTX, so it is fixed."""
    temporary = tempfile.TemporaryDirectory(prefix="warpsmith-")
    atexit.register(temporary.cleanup)
    return Path(temporary.name)


@contextlib.contextmanager
def native_output() -> Iterator[list[str]]:
    """Collect what native code prints to standard output and error; it bypasses ``sys.stderr``."""
    log: list[str] = []
    with tempfile.TemporaryFile() as sink:
        sys.stdout.flush()
        sys.stderr.flush()
        kept = os.dup(1), os.dup(2)
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield log
        finally:
            for fd, saved in zip((1, 2), kept, strict=True):
                os.dup2(saved, fd)
                os.close(saved)
            sink.seek(0)
            log.append(sink.read().decode(errors="replace"))
