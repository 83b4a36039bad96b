"""A process that runs ``ir/runner/``: started, asked, watched, killed."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy.typing as npt

from warpsmith.ir.runner import frames

Data = npt.NDArray[Any]
_RUNNER = Path(frames.__file__).with_name("__main__.py")
_PATIENCE = 10.0
"""Seconds to wait per second of computing that loading may take, or a stage if that is more: the machine may be busy
with others, or a process wait for ever."""


class Lost(Exception):
    """The child has died, or was too slow and is to be killed.

    Attributes:
        how: ``crash`` or ``timeout``.
        message: How it ended, and its last words; or the stage that took too long.
        job: Number of the job it was busy with; ``None`` where it was busy with all of them.
    """

    def __init__(self, how: str, message: str, job: int | None) -> None:
        super().__init__(how, message)
        self.how, self.message, self.job = how, message, job


_living: weakref.WeakSet[Child] = weakref.WeakSet()


def seconds_of_children() -> float:
    """CPU seconds of the processes that this one has started: those that have ended, and runners as they last said."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + sum(child.seconds for child in _living)


def memory_of_children() -> int:
    """Bytes in memory of the runners that are alive, as they last said."""
    return sum(child.resident for child in _living)


class Child:
    """A process that runs ``ir/runner/``, with a folder that goes when it does.

    Attributes:
        seconds: its CPU time, as of its last answer.
        resident: bytes it had in memory then.
    """

    def __init__(
        self, python: str, device: str, options: Mapping[str, Any], prelude: Path | None, apart: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warpsmith-run-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        settings = {
            "folder": str(folder),
            "device": device,
            "options": dict(options),
            "prelude": None if prelude is None else str(prelude),
            "apart": apart,
        }
        self._log = (folder / "log").open("a+b")
        self._process = subprocess.Popen(
            [python, str(_RUNNER), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "TMPDIR": str(folder)},  # Warp keeps precompiled headers among temporary files
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self._stage, self._job = "start", cast("int | None", None)
        self.seconds, self.resident = 0.0, 0
        _living.add(self)

    def ask(
        self, header: dict[str, Any], arrays: Sequence[Data], limits: Mapping[str, float]
    ) -> tuple[dict[str, Any], list[Data]]:
        """Send a request and wait for the answer to it.

        Args:
            header: The request's.
            arrays: What the header refers to by numbers.
            limits: Seconds of computing that a stage may take, by its name.

        Raises:
            Lost: The process died, or a stage took too long.
        """
        try:
            self._requests.write(frames.encode({**header, "limits": limits}, arrays))
            self._requests.flush()
        except BrokenPipeError:
            raise self._died() from None
        return self.answer("load", limits)

    def answer(self, stage: str, limits: Mapping[str, float]) -> tuple[dict[str, Any], list[Data]]:
        """Wait for a frame that does more than announce a stage; see ``ask``."""
        self._stage, self._job = stage, None
        while True:
            deadline = time.monotonic() + _PATIENCE * max(limits[self._stage], limits.get("load", 0.0))
            lengths = frames.LENGTHS.unpack(self._read(frames.LENGTHS.size, deadline))
            text, body = (self._read(length, deadline) for length in lengths)
            header, arrays = frames.decode(text, body)
            if "stage" not in header:
                self.seconds, self.resident = header["used"]["seconds"], header["used"]["resident"]
                return header, arrays
            self._stage, self._job = header["stage"], header["job"]

    def _read(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not self._poll.poll(1000 * left):
                raise Lost("timeout", self._stage, self._job)
            part = os.read(self._answers.fileno(), min(count - len(data), 1 << 20))
            if not part:
                raise self._died()
            data += part
        return bytes(data)

    def _died(self) -> Lost:
        try:
            code = self._process.wait(5.0)
            if code == -signal.SIGXCPU:
                return Lost("timeout", self._stage, self._job)
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        except subprocess.TimeoutExpired:
            how = "closed pipes"
        said = self.last_words()
        return Lost("crash", f"{how} in {self._stage}" + (f"; {said}" if said else ""), self._job)

    def last_words(self) -> str:
        """The last line that the process, or native code in it, has printed."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        """Kill the process, with what it has started, and remove its files."""
        with contextlib.suppress(ProcessLookupError):  # it is dead and gone
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        _living.discard(self)
        with contextlib.suppress(BrokenPipeError):  # there may be a rest of a request that nobody has read
            self._requests.close()
        self._answers.close()
        self._log.close()
        self._folder.cleanup()
