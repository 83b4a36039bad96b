"""Sparse symmetric systems: Dirichlet values by projection, and conjugate gradients that stop or fail clearly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
import warp.optim.linear as linear
import warp.sparse as sparse

from fem.data import Array
from warpsmith_errors import ConvergenceError

wp.set_module_options({"enable_backward": False})

PRECONDITIONERS = ("diag", "fsai", "id")
"""Jacobi; a factorized sparse approximate inverse; none."""


@dataclass(frozen=True)
class Stopping:
    """When conjugate gradients end.

    Attributes:
        tolerance: of the residual's norm, relative to the right-hand side's.
        iterations: the most that are made.
        preconditioner: one of ``PRECONDITIONERS``.
    """

    tolerance: float
    iterations: int
    preconditioner: str = "diag"


@dataclass(frozen=True)
class Solved:
    """A solution of a linear system.

    Attributes:
        x: the solution, a Warp array.
        iterations: how many were made.
        residual: ‖b − A x‖ / ‖b‖, computed from the solution.
        history: relative residuals as the iterations saw them, the first before any.
    """

    x: Any
    iterations: int
    residual: float
    history: tuple[float, ...]


@wp.kernel
def _project(
    offsets: wp.array(dtype=int),
    columns: wp.array(dtype=int),
    values: wp.array(dtype=Any),
    fixed: wp.array(dtype=wp.bool),
    known: wp.array(dtype=Any),
    rhs: wp.array(dtype=Any),
):
    """Rows and columns of fixed unknowns become those of the identity; what they contributed goes to the right."""
    row = wp.tid()
    zero = rhs.dtype(0.0)
    for entry in range(offsets[row], offsets[row + 1]):
        column = columns[entry]
        if fixed[row]:
            values[entry] = wp.where(column == row, rhs.dtype(1.0), zero)
        elif fixed[column]:
            rhs[row] = rhs[row] - values[entry] * known[column]
            values[entry] = zero
    if fixed[row]:
        rhs[row] = zero


def project(matrix: Any, rhs: Any, fixed: Array, known: Any) -> None:
    """Take fixed unknowns out of a system, in place: the solution is then the difference to ``known``.

    Args:
        matrix: of scalar entries, with every diagonal entry stored.
        rhs: the right-hand side, ``(n,)``.
        fixed: a mask of unknowns, ``(n,)``.
        known: their values, 0 elsewhere; a Warp array.
    """
    mask = wp.array(fixed, dtype=wp.bool)
    wp.launch(_project, dim=matrix.nrow, inputs=[matrix.offsets, matrix.columns, matrix.values, mask, known, rhs])


def conjugate_gradients(
    matrix: Any, rhs: Any, stopping: Stopping, progress: Callable[[int, float], None] | None = None
) -> Solved:
    """Solve a symmetric positive definite system, from zero.

    Raises:
        ConvergenceError: the tolerance was not reached, or what was reached is not what the residual says.
    """
    x = wp.zeros_like(rhs)
    scale = _norm(rhs)
    if scale == 0.0:
        return Solved(x, 0, 0.0, (0.0,))
    history: list[float] = []

    def record(iteration: int, residual: float, tolerance: float) -> None:
        history.append(residual / scale)
        if not np.isfinite(residual):
            raise ConvergenceError(_failure(iteration, residual, stopping), iteration, residual)
        if progress:
            progress(iteration, residual / scale)

    done, residual, bound = linear.cg(
        matrix,
        rhs,
        x,
        tol=stopping.tolerance,
        maxiter=stopping.iterations,
        M=linear.preconditioner(matrix, stopping.preconditioner),
        callback=record,
        check_every=1 if rhs.device.is_cpu else 10,
    )
    relative = residual / scale
    if not relative <= stopping.tolerance * (1 + 1e-6):
        raise ConvergenceError(_failure(done, relative, stopping), done, relative)
    true = _residual(matrix, x, rhs)
    if not true <= max(10 * stopping.tolerance, _attainable(matrix, x, rhs)):
        raise ConvergenceError(
            f"conjugate gradients stopped at a relative residual of {relative:.1e}, but that of the solution is "
            f"{true:.1e}: {rhs.dtype.__name__} is not precise enough for this tolerance",
            done,
            true,
        )
    return Solved(x, done, true, tuple(history))


def _failure(done: int, relative: float, stopping: Stopping) -> str:
    reached = f"a relative residual of {relative:.1e}" if np.isfinite(relative) else "no finite residual"
    return f"conjugate gradients reached {reached} in {done} iterations; {stopping.tolerance:.1e} was asked for"


def _norm(array: Any) -> float:
    return float(np.linalg.norm(array.numpy().astype(np.float64)))


def _residual(matrix: Any, x: Any, rhs: Any) -> float:
    left = wp.clone(rhs)
    sparse.bsr_mv(matrix, x, left, alpha=-1.0, beta=1.0)
    return _norm(left) / _norm(rhs)


def _attainable(matrix: Any, x: Any, rhs: Any) -> float:
    """A residual that rounding alone explains: some units of A's largest entry times x, relative to b."""
    values = matrix.values.numpy()[: matrix.nnz]
    rounding = float(np.finfo(values.dtype).eps) * float(np.abs(values).max())
    return 100 * rounding * _norm(x) / _norm(rhs)
