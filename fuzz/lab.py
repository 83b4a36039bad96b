"""What the oracles work with: executors that are started when first needed, and results that several of them read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.case import Case, Data
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Executor, Job, Result
from warpsmith.synthesizer.reference import Outcome, Site, evaluate

T = TypeVar("T")

Reference = Sequence[Outcome | UndefinedError]
"""The reference's outcome for each input set of a case, or why there is none."""

UnknownAt = Callable[[Program], tuple[Site, ...]]
"""The sites of a program of which nothing is to be known."""


class Lab:
    """The equipment of one process, a context manager.

    What a batch of cases gave is remembered until :meth:`forget`, so that the forward and the gradient oracle share one
    run and one reference evaluation.

    Args:
        python: the interpreter whose Warp is judged.
        timeout: seconds one program may take.
        prelude: a Python file that the child processes execute first; see :class:`~ir.execute.Executor`.
    """

    def __init__(self, *, python: str = sys.executable, timeout: float = 30.0, prelude: Path | None = None) -> None:
        self._python, self._timeout, self._prelude = python, timeout, prelude
        self._stack = ExitStack()
        self._executors: dict[tuple[tuple[str, Any], ...], Executor] = {}
        self._results: dict[Case, Result] = {}
        self._references: dict[Case, Reference] = {}
        self._unknown: UnknownAt | None = None

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def elsewhere(self) -> bool:
        """Whether another interpreter's Warp is judged."""
        return self._python != sys.executable

    @property
    def knows_all(self) -> bool:
        """Whether there is nothing that the reference is not to know."""
        return self._unknown is None

    def executor(self, device: str = "cpu", **options: Any) -> Executor:
        """The executor with those module options; the same one for the same options."""
        key = (("device", device), *sorted(options.items()))
        if key not in self._executors:
            self._executors[key] = self._stack.enter_context(self.fresh(device, options))
        return self._executors[key]

    def fresh(self, device: str = "cpu", options: Mapping[str, Any] | None = None) -> Executor:
        """An executor that nobody else uses; the caller closes it."""
        return Executor(
            timeout=self._timeout, python=self._python, device=device, options=options, prelude=self._prelude
        )

    def run(self, cases: Sequence[Case]) -> list[Result]:
        """The cases forward and backward, under the options that the runner has by default."""
        return _remembered(self._results, cases, lambda new: self.executor().run_many([job(case) for case in new]))

    def reference(self, cases: Sequence[Case]) -> list[Reference]:
        """What the cases should give, one outcome per input set; gradients with the first."""
        return _remembered(self._references, cases, lambda new: [_evaluate(case, 1, self._unknown) for case in new])

    def closer(self, case: Case) -> Reference:
        """A second look at a case of which something seems to be wrong: bounds seen from many sides."""
        return _evaluate(case, LOOKS, self._unknown)

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

    @contextmanager
    def unknown_at(self, sites: UnknownAt) -> Iterator[None]:
        """Inside, the reference knows nothing of those sites of a program."""
        before = self._unknown, self._references
        self._unknown, self._references = sites, {}
        try:
            yield
        finally:
            self._unknown, self._references = before

    def forget(self) -> None:
        """Drop what is remembered of the present batch."""
        self._results.clear()
        self._references.clear()


def job(case: Case, *, backward: bool = True, sets: Iterable[tuple[Data, ...]] | None = None) -> Job:
    """The case as a job for an executor; its gradient is asked for on the first input set."""
    inputs = case.sets if sets is None else tuple(sets)
    wanted = backward and any(adjoint is not None for adjoint in case.adjoints)
    seeds = (case.adjoints, *((None,) * len(case.adjoints) for _ in inputs[1:])) if wanted else None
    program = case.program
    return Job(program.source, program.entry, program.launch.dim, inputs, seeds)


LOOKS = 16
"""Moved backward passes of a second look."""


def _evaluate(case: Case, looks: int, unknown_at: UnknownAt | None) -> Reference:
    unknown = unknown_at(case.program) if unknown_at is not None else ()
    outcomes: list[Outcome | UndefinedError] = []
    for index, data in enumerate(case.sets):
        try:
            outcomes.append(
                evaluate(case.program, data, case.adjoints if index == 0 else None, looks=looks, unknown=unknown)
            )
        except UndefinedError as error:
            outcomes.append(error)
    return outcomes


def _remembered(memory: dict[Case, T], cases: Sequence[Case], make: Callable[[list[Case]], list[T]]) -> list[T]:
    new = [case for case in cases if case not in memory]
    if new:
        memory.update(zip(new, make(new), strict=True))
    return [memory[case] for case in cases]
