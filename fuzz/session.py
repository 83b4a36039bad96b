"""What the oracles work with: executors that are started when first needed, and results that several of them read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from warpsmith.fuzz.reference import Reference
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Executor, Job, JobStep, Result
from warpsmith.synthesizer.case import Case, Data

T = TypeVar("T")


class Session:
    """The executors and the reference of one process, a context manager.

    What a batch of cases gave is remembered until :meth:`forget`, so that the forward and the gradient oracle share one
    run and one reference evaluation.

    Args:
        python: the interpreter whose Warp is judged.
        timeout: seconds one program may take.
        launch_timeout: seconds for each launch, if that is not ``timeout``.
        prelude: a Python file that the child processes execute first; see :class:`~ir.execute.Executor`.

    Attributes:
        reference: what cases should give.
    """

    def __init__(
        self,
        *,
        python: str = sys.executable,
        timeout: float = 30.0,
        launch_timeout: float | None = None,
        prelude: Path | None = None,
    ) -> None:
        self.reference = Reference()
        self._python, self._prelude = python, prelude
        self._timeout, self._launch_timeout = timeout, launch_timeout
        self._stack = ExitStack()
        self._executors: dict[tuple[tuple[str, Any], ...], Executor] = {}
        self._results: dict[Case, Result] = {}
        self._open = ExitStack()
        self._held: dict[tuple[Case, Callable[..., Any]], Any] = {}

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._stack.close()

    @property
    def elsewhere(self) -> bool:
        """Whether another interpreter's Warp is judged."""
        return self._python != sys.executable

    def executor(self, device: str = "cpu", **options: Any) -> Executor:
        """The executor with those module options; the same one for the same options."""
        key = (("device", device), *sorted(options.items()))
        if key not in self._executors:
            self._executors[key] = self._stack.enter_context(self.fresh(device, options))
        return self._executors[key]

    def fresh(self, device: str = "cpu", options: Mapping[str, Any] | None = None) -> Executor:
        """An executor that nobody else uses; the caller closes it."""
        return Executor(
            timeout=self._timeout,
            launch_timeout=self._launch_timeout,
            python=self._python,
            device=device,
            options=options,
            prelude=self._prelude,
        )

    def run(self, cases: Sequence[Case]) -> list[Result]:
        """The cases forward and backward, under the options that the runner has by default."""
        new = [case for case in cases if case not in self._results]
        if new:
            self._results.update(zip(new, self.executor().run_many([job(case) for case in new]), strict=True))
        return [self._results[case] for case in cases]

    def held(self, case: Case, make: Callable[[Case], AbstractContextManager[T]]) -> T:
        """What ``make`` makes of the case: the same until :meth:`forget`, and closed then."""
        if (case, make) not in self._held:
            self._held[case, make] = self._open.enter_context(make(case))
        found: T = self._held[case, make]
        return found

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Inside, cases run again, in processes in which nothing else ran."""
        before = self._results, self._executors, self._stack
        with ExitStack() as stack:
            self._results, self._executors, self._stack = {}, {}, stack
            try:
                yield
            finally:
                self._results, self._executors, self._stack = before

    def forget(self) -> None:
        """Drop what is remembered of the present batch."""
        self._results.clear()
        self.reference.forget()
        self._held.clear()
        self._open.close()


def job(case: Case, *, backward: bool = True, sets: Iterable[tuple[Data, ...]] | None = None) -> Job:
    """The case as a job for an executor; its gradient is asked for on as many input sets as it says."""
    inputs = case.sets if sets is None else tuple(sets)
    wanted = backward and any(adjoint is not None for adjoint in case.adjoints)
    none = (None,) * len(case.adjoints)
    adjoints = tuple(case.adjoints if i < case.graded else none for i in range(len(inputs))) if wanted else None
    return program_job(case.program, inputs, adjoints)


def program_job(
    program: Program, sets: tuple[tuple[Data, ...], ...], adjoints: tuple[tuple[Data | None, ...], ...] | None = None
) -> Job:
    """The launches of a program on input sets, as a job for an executor."""
    parts = {name: program.launch.parts(name) for s in program.steps for name in s.arguments}
    given = {name: found[""] if "" in found else tuple(found.items()) for name, found in parts.items()}
    steps = tuple(JobStep(s.kernel, s.dim, tuple(given[n] for n in s.arguments)) for s in program.steps)
    return Job(program.source, program.entry, program.launch.dim, sets, adjoints, program.launch.block_dim, steps)
