"""Run a program's kernel on the CPU, in a child process that may crash or hang without taking us along.

The child is made for many programs: it stays up between them, compiles forward only and without optimisation, and
shares one precompiled header, so that after the first a program costs a tenth to a quarter of a second.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import warp as wp
from pebble import ProcessExpired, ProcessPool

from ir.backend import start
from ir.load import load
from warpsmith_errors import ExecutionError

Array = npt.NDArray[Any]


class Executor:
    """A child process that runs kernels, replaced by a fresh one when a kernel crashes it or runs too long.

    Use it as a context manager::

        with Executor(timeout=10) as executor:
            x, y = executor.run(source, "kernel", dim=4, args=[x, y, np.float32(2.0)])

    Args:
        timeout: Seconds one call of ``run`` may take before its process is killed; the first call of a process needs
            about three for itself (start, precompiled header).
    """

    def __init__(self, *, timeout: float = 30.0) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout must be positive, got {timeout}")
        self._timeout = timeout
        self._pool: ProcessPool | None = None
        self._cache = ""

    def __enter__(self) -> Executor:
        self._cache = tempfile.mkdtemp(prefix="warpsmith-cache-")
        # Not forked: a compiler's locks and threads do not survive a fork.
        self._pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
            initargs=(self._cache,),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None
        shutil.rmtree(self._cache, ignore_errors=True)

    def run(self, source: str, kernel_name: str, dim: int | Sequence[int], args: Sequence[Array]) -> list[Array]:
        """Launch one kernel, forward.

        Args:
            source: Program text, as for ``load``.
            kernel_name: The kernel's Python name in it.
            dim: Launch dimensions.
            args: One NumPy array per kernel argument, in order. For an array argument, its data with the components of
                vectors or matrices as trailing axes: (n, 3) for ``wp.array[wp.vec3]``. For a value argument, shape ()
                for a scalar, (3,) for a vector, (2, 2) for a matrix. Types come from the kernel's annotations.

        Returns:
            The contents of the array arguments after the launch, in order, shaped as they came.

        Raises:
            ExecutionError: The program was refused, crashed its process, or ran past the time limit.
        """
        if self._pool is None:
            raise RuntimeError("an Executor is to be used in a with statement")
        future = self._pool.schedule(
            _run, args=(source, kernel_name, dim, [np.asarray(arg) for arg in args]), timeout=self._timeout
        )
        try:
            result: list[Array] = future.result()
        except FutureTimeoutError as error:
            raise ExecutionError(f"{kernel_name} ran past {self._timeout:g} seconds") from error
        except ProcessExpired as error:
            raise ExecutionError(f"{kernel_name} crashed its process (exit code {error.exitcode})") from error
        except Exception as error:  # whatever Warp raises in the child comes out here
            raise ExecutionError(f"{kernel_name}: {type(error).__name__}: {error}") from error
        return result


def execute(
    source: str, kernel_name: str, dim: int | Sequence[int], args: Sequence[Array], *, timeout: float = 30.0
) -> list[Array]:
    """Launch one kernel in a process of its own; see ``Executor.run``. For more than one, keep an Executor.

    Raises:
        ExecutionError: As for ``Executor.run``.
    """
    with Executor(timeout=timeout) as executor:
        return executor.run(source, kernel_name, dim, args)


def _prepare(cache: str) -> None:
    """Set Warp up in the child, before it initialises."""
    wp.config.kernel_cache_dir = cache
    wp.config.log_level = wp.LOG_ERROR
    wp.config.enable_backward = False
    wp.config.optimization_level = 0
    start()


def _run(source: str, kernel_name: str, dim: int | Sequence[int], args: list[Array]) -> list[Array]:
    loaded = load(source)
    try:
        kernel = loaded.kernels[kernel_name]
        parameters = kernel.adj.args
        if len(args) != len(parameters):
            raise TypeError(f"{kernel_name} takes {len(parameters)} arguments, got {len(args)}")
        values = [_argument(parameter.type, arg) for parameter, arg in zip(parameters, args, strict=True)]
        wp.launch(kernel, dim=dim, inputs=values, device="cpu")
        return [value.numpy().copy() for value in values if isinstance(value, wp.array)]
    finally:
        loaded.unload()


def _argument(kind: Any, arg: Array) -> Any:
    """Make a launch argument of the annotated type out of a NumPy array."""
    if isinstance(kind, wp.array):
        return wp.array(arg, dtype=kind.dtype, ndim=kind.ndim, device="cpu")
    return kind(*arg.ravel().tolist())
