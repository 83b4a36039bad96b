"""Runs answers: each in a confined process of its own; see ``ir/runner/confined.py``."""

from __future__ import annotations

import atexit
from functools import cache
from types import TracebackType

from warpsmith.ir.execute import Executor, Job, Result

SECONDS = 10.0
"""Seconds of computing that an answer may take to be compiled, and for each of its launches."""


class Grader:
    """Whoever runs answers; a context manager. No process is started before the first answer that has to be run.

    Args:
        seconds: what an answer may take to be compiled, and as much for each launch.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._executor: Executor | None = None

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> Result:
        """What a program does.

        Raises:
            ExecutionError: no child process can be started.
        """
        if self._executor is None:
            executor = Executor(timeout=self._seconds, apart=True)
            self._executor = executor.__enter__()
        return self._executor.run_many([job])[0]

    @property
    def lacking(self) -> tuple[str, ...]:
        """What the system did not grant of the confinement, once an answer has run."""
        return () if self._executor is None else self._executor.lacking

    def close(self) -> None:
        """End the child process."""
        if self._executor is not None:
            self._executor.__exit__(None, None, None)
            self._executor = None


@cache
def grader() -> Grader:
    """The one of this process; it goes when the process does."""
    made = Grader()
    atexit.register(made.close)
    return made
