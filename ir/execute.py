"""Run programs, forward and backward, in a child process that may crash or hang without taking us along.

The child is ``ir/runner/``, under this interpreter or another one with another Warp. It stays up between programs,
compiles forty of them as one module, without optimisation, and shares one precompiled header between modules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from warpsmith.errors import ExecutionError
from warpsmith.ir.child import Child, Data, Lost
from warpsmith.ir.rename import with_suffix

BATCH = 40
"""Programs in one module, which costs as much as about eight programs by itself; see ``Executor``."""
_START = {"start": 20.0}
"""Seconds a child may take to import and initialise Warp, which has nothing to do with any program's time limit."""


@dataclass(frozen=True)
class JobStep:
    """The launch of one kernel of a program that launches several.

    Attributes:
        kernel: What the program calls it at module level; ``Solver.step`` for one in a class.
        dim: Launch dimensions.
        arguments: Numbers of the job's arguments, in the order of the kernel's parameters; for a struct that is given
            field by field, each field's path, ``options.scale``, and number.
    """

    kernel: str
    dim: tuple[int, ...]
    arguments: tuple[int | tuple[tuple[str, int], ...], ...]


@dataclass(frozen=True)
class Job:
    """One program and what to do with it.

    Attributes:
        source: Program text, which is executed: trusted.
        kernel: The kernel's Python name in it.
        dim: Launch dimensions.
        sets: Input sets, each with one array per kernel argument. For an array argument, its contents with the
            components of vectors or matrices as trailing axes: (n, 3) for ``wp.array[wp.vec3]``. For a value argument,
            shape () for a scalar, (3,) for a vector, (2, 2) for a matrix. bfloat16 is float32.
        adjoints: Per set and argument, the adjoints of an array's contents after the launch, shaped like the contents;
            ``None`` for zeros. Without adjoints, programs are launched forward only.
        block_dim: Threads per block where blocks are launched, ``dim`` of them; 0 for a launch of single threads.
        steps: Of a program that launches several kernels, the launches in order; else none, and ``kernel`` is launched.
    """

    source: str
    kernel: str
    dim: tuple[int, ...]
    sets: tuple[tuple[Data, ...], ...]
    adjoints: tuple[tuple[Data | None, ...], ...] | None = None
    block_dim: int = 0
    steps: tuple[JobStep, ...] = ()

    @property
    def launches(self) -> tuple[JobStep, ...]:
        """The launches in order, one at least."""
        count = len(self.sets[0]) if self.sets else 0
        return self.steps or (JobStep(self.kernel, self.dim, tuple(range(count))),)


@dataclass(frozen=True)
class Failure:
    """Why a program has no result.

    Attributes:
        stage: ``load`` (executing the source), ``codegen``, ``compile`` (the native compiler), ``launch``,
            ``backward``, ``crash`` or ``timeout``.
        message: What was raised, with its type, and a native compiler's first error; or how the process ended.
    """

    stage: str
    message: str


@dataclass(frozen=True)
class Result:
    """What came of a job; empty where there is a failure.

    Attributes:
        outputs: Per set and argument, an array's contents after the launch; ``None`` for value arguments.
        gradients: Per set and argument, the gradient of an array of floats after the backward pass, and ``None`` for
            all other arguments; ``None`` where the job had no adjoints.
        replayed: The outputs once more, after the backward pass, which replays the kernel and should change none; the
            very same objects where that is so. ``None`` where the job had no adjoints.
        failure: Why there is nothing.
    """

    outputs: tuple[tuple[Data | None, ...], ...] = ()
    gradients: tuple[tuple[Data | None, ...], ...] | None = None
    replayed: tuple[tuple[Data | None, ...], ...] | None = None
    failure: Failure | None = None


class Executor:
    """Runs programs in a child process, replaced by a fresh one when a program crashes it or runs too long.

    Use it as a context manager::

        with Executor(timeout=10) as executor:
            x, y = executor.run(source, "kernel", dim=4, args=[x, y, np.float32(2.0)])

    Args:
        timeout: Seconds of computing that a program may take to be compiled, and as many for each of its launches. The
            first module of a process pays two for a precompiled header. What others do on the machine does not count.
        launch_timeout: Seconds of computing for each launch and each way back, if that is not ``timeout``.
        python: Interpreter of the child; it needs Warp 1.5 or newer.
        device: Where programs run, by Warp's name for it.
        options: Of Warp, by their names in ``warp.config`` or among module options: ``mode``, ``max_unroll`` … By
            default, optimisation is off, and adjoints are compiled where a job of a batch has adjoints.
            Two are options of ours: ``batch``, how many programs share a module, forty unless given; and ``strided``,
            whether arrays are handed in as every other element of larger ones.
        prelude: A Python file that the child executes before it imports Warp.
        apart: Whether each job runs in a process of its own, forked from the child and confined
            (``ir/runner/confined.py``): for programs that somebody else wrote.

    Attributes:
        version: Of the child's Warp.
        lacking: What the system did not grant of the confinement, in words.
    """

    def __init__(
        self,
        *,
        timeout: float = 30.0,
        launch_timeout: float | None = None,
        python: str | Path = sys.executable,
        device: str = "cpu",
        options: Mapping[str, Any] | None = None,
        prelude: Path | None = None,
        apart: bool = False,
    ) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout must be positive, got {timeout}")
        self._launch_timeout = timeout if launch_timeout is None else launch_timeout
        self._options = dict(options or {})
        self._batch = int(self._options.pop("batch", BATCH))
        if self._batch < 1:
            raise ValueError(f"a batch is at least one program, got {self._batch}")
        self._timeout, self._python, self._device, self._prelude = timeout, str(python), device, prelude
        self._forks, self.lacking = apart, tuple[str, ...]()
        if apart:
            self._batch = 1
        self._child: Child | None = None
        self._entered = False
        self.version = ""

    def __enter__(self) -> Executor:
        """Start the child.

        Raises:
            ExecutionError: The interpreter has no Warp that works, or that Warp does not know an option.
        """
        self._entered = True
        self._running()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        self._stop()

    def run_many(self, jobs: Sequence[Job]) -> list[Result]:
        """Run programs, several of them in one module.

        Programs that fail in company are run again in halves, down to each alone, so that nobody is blamed for another;
        one that seems to have crashed or hung its process, in a fresh one.

        Returns:
            One result per job, in order, whatever a program does.

        Raises:
            ExecutionError: A child could not be started again.
            ValueError: There are adjoints, and the options rule them out; Warp would answer with zeros.
        """
        if self._options.get("enable_backward") is False and any(job.adjoints is not None for job in jobs):
            raise ValueError("without enable_backward no adjoint is computed")
        results: list[Result] = []
        for start in range(0, len(jobs), self._batch):
            results += self._together(jobs[start : start + self._batch])
        return results

    def run(self, source: str, kernel_name: str, dim: int | Sequence[int], args: Sequence[Data]) -> list[Data]:
        """Launch one kernel once, forward; see ``Job`` for the arguments.

        Returns:
            The contents of the array arguments after the launch, in order.

        Raises:
            ExecutionError: The program was refused, crashed its process, or ran past the time limit.
        """
        dims = (dim,) if isinstance(dim, int) else tuple(dim)
        (result,) = self.run_many([Job(source, kernel_name, dims, (tuple(args),))])
        if result.failure is not None:
            how = {"crash": " crashed its process: ", "timeout": " "}.get(result.failure.stage, ": ")
            raise ExecutionError(f"{kernel_name}{how}{result.failure.message}")
        return [contents for contents in result.outputs[0] if contents is not None]

    def _together(self, jobs: Sequence[Job]) -> list[Result]:
        if len(jobs) == 1:
            return [self._alone(jobs[0])]
        try:
            named = [with_suffix(job.source, f"_{i}w") for i, job in enumerate(jobs)]
        except (SyntaxError, ValueError, RecursionError):  # one of them is no Python that can be parsed
            return [self._alone(job) for job in jobs]
        try:
            results = self._ask(jobs, named)
        except Lost as lost:
            return self._apart(jobs, lost.job)
        failed = [i for i, r in enumerate(results) if r.failure]
        half = (len(failed) + 1) // 2
        for some in filter(None, (failed[:half], failed[half:])):
            for i, again in zip(some, self._together([jobs[i] for i in some]), strict=True):
                results[i] = again
        return results

    def _apart(self, jobs: Sequence[Job], suspect: int | None) -> list[Result]:
        """Run jobs that lost a process: the suspect first, and if it does so again, the others without it."""
        if suspect is not None:
            result = self._in_a_fresh_process(jobs[suspect])
            if result.failure is not None:
                self._stop()
                others = self._together([*jobs[:suspect], *jobs[suspect + 1 :]])
                return [*others[:suspect], result, *others[suspect:]]
        return [self._in_a_fresh_process(job) for job in jobs]

    def _in_a_fresh_process(self, job: Job) -> Result:
        # Whoever wrote where it must not has perhaps crashed another: no memory is shared with anybody.
        self._stop()
        return self._alone(job)

    def _alone(self, job: Job) -> Result:
        try:
            (result,) = self._ask([job], [(job.source, str)])
        except Lost as lost:
            return Result(failure=Failure(lost.how, lost.message))
        return result

    def _ask(self, jobs: Sequence[Job], named: Sequence[tuple[str, Callable[[str], str]]]) -> list[Result]:
        """Run jobs as one module, by these sources and how names read in them; raises Lost when the child is."""
        arrays: list[Data] = []

        def numbers(data: Sequence[Data | None]) -> list[int | None]:
            found: list[int | None] = []
            for part in data:
                found.append(None if part is None else len(arrays))
                arrays.extend([] if part is None else [np.asarray(part)])
            return found

        request = [
            {
                "source": source,
                "steps": [(rename(step.kernel), step.dim, step.arguments) for step in job.launches],
                "block_dim": job.block_dim,
                "sets": [numbers(data) for data in job.sets],
                "adjoints": None if job.adjoints is None else [numbers(some) for some in job.adjoints],
            }
            for job, (source, rename) in zip(jobs, named, strict=True)
        ]
        seconds, launch = self._timeout, self._launch_timeout
        limits = {"load": seconds, "compile": seconds * len(jobs), "launch": launch, "backward": launch}
        try:
            header, data = self._running().ask({"jobs": request}, arrays, limits)
        except Lost as lost:
            self._stop()
            if lost.how == "timeout":
                seconds = launch if lost.message in ("launch", "backward") else seconds
                lost.message = f"ran past {seconds:g} seconds in {lost.message}"
            raise
        self.lacking = tuple(header.get("lacking", self.lacking))
        results = [_result(answer, job, data) for answer, job in zip(header["results"], jobs, strict=True)]
        if self._device != "cpu" and any(result.failure for result in results):
            self._stop()  # an error on a GPU stays with the process and fails whatever comes next
        return results

    def _running(self) -> Child:
        if not self._entered:
            raise RuntimeError("an Executor is to be used in a with statement")
        if self._child is None:
            self._child = self._started()
        return self._child

    def _started(self) -> Child:
        try:
            child = Child(self._python, self._device, self._options, self._prelude, self._forks)
        except OSError as error:
            raise ExecutionError(f"{self._python} does not run: {error}") from error
        try:
            hello, _ = child.answer("start", _START)
        except Lost as lost:
            said = child.last_words() or lost.message
            child.close()
            raise ExecutionError(f"{self._python} cannot run programs: {said}") from None
        self.version = hello["warp"]
        return child

    def _stop(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


def _result(answer: dict[str, Any], job: Job, data: Sequence[Data]) -> Result:
    if answer["failure"] is not None:
        return Result(failure=Failure(*answer["failure"]))

    def picked(sets: Sequence[Sequence[int | None]]) -> tuple[tuple[Data | None, ...], ...]:
        return tuple(tuple(None if n is None else data[n] for n in numbers) for numbers in sets)

    outputs = picked(answer["outputs"])
    if job.adjoints is None:
        return Result(outputs)
    return Result(outputs, picked(answer["gradients"]), picked(answer["after"]))
