"""Sparse symmetric systems: Dirichlet values by projection, and conjugate gradients that stop or fail clearly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
import warp.optim.linear as linear
import warp.sparse as sparse

from warpsmith.errors import ConvergenceError
from warpsmith.fem.poisson.data import Array

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


@wp.kernel
def _descend(
    step: Any,
    direction: wp.array(dtype=Any),
    product: wp.array(dtype=Any),
    x: wp.array(dtype=Any),
    residual: wp.array(dtype=Any),
):
    i = wp.tid()
    x[i] = x[i] + step * direction[i]
    residual[i] = residual[i] - step * product[i]


@wp.kernel
def _turn(share: Any, preconditioned: wp.array(dtype=Any), direction: wp.array(dtype=Any)):
    i = wp.tid()
    direction[i] = preconditioned[i] + share * direction[i]


@wp.kernel
def _scale(diagonal: wp.array(dtype=Any), residual: wp.array(dtype=Any), preconditioned: wp.array(dtype=Any)):
    i = wp.tid()
    preconditioned[i] = residual[i] / diagonal[i]


def conjugate_gradients(
    matrix: Any, rhs: Any, stopping: Stopping, progress: Callable[[int, float], None] | None = None
) -> Solved:
    """Solve a symmetric positive definite system, from zero.

    The algorithm is that of M. R. Hestenes and E. Stiefel (1952), preconditioned. Warp's own spends nine tenths of its
    time in inner products on the CPU, and more than that in compilers.

    Raises:
        ConvergenceError: the tolerance was not reached, or what was reached is not what the residual says.
    """
    x, scale = wp.zeros_like(rhs), _norm(rhs)
    if scale == 0.0:
        return Solved(x, 0, 0.0, (0.0,))
    history: list[float] = []
    for iteration, residual in enumerate(_iterate(matrix, rhs, x, _preconditioner(matrix, stopping.preconditioner))):
        relative = residual / scale
        history.append(relative)
        if relative <= stopping.tolerance:
            break
        if iteration == stopping.iterations or not np.isfinite(relative):
            raise ConvergenceError(_failure(iteration, relative, stopping), iteration, relative)
        if progress:
            progress(iteration, relative)
    true = _residual(matrix, x, rhs)
    if not true <= max(10 * stopping.tolerance, _attainable(matrix, x, rhs)):
        raise ConvergenceError(
            f"conjugate gradients stopped at a relative residual of {history[-1]:.1e}, but that of the solution is "
            f"{true:.1e}: {rhs.dtype.__name__} is not precise enough for this tolerance",
            len(history) - 1,
            true,
        )
    return Solved(x, len(history) - 1, true, tuple(history))


def _iterate(matrix: Any, rhs: Any, x: Any, precondition: Callable[[Any, Any], None]) -> Iterator[float]:
    """Improve x without end; yields the norms of the residuals, beginning with that of the right-hand side.

    Raises:
        ConvergenceError: a direction has no positive energy, so the matrix is not positive definite.
    """
    dtype, size = rhs.dtype, rhs.shape[0]
    residual, preconditioned, product = wp.clone(rhs), wp.zeros_like(rhs), wp.zeros_like(rhs)
    precondition(residual, preconditioned)
    direction = wp.clone(preconditioned)
    old = wp.utils.array_inner(residual, preconditioned)
    for iteration in itertools.count(1):
        yield float(wp.utils.array_inner(residual, residual)) ** 0.5
        sparse.bsr_mv(matrix, direction, product)
        energy = wp.utils.array_inner(direction, product)
        if energy <= 0.0 or old <= 0.0:
            raise ConvergenceError(
                f"the linear system is not positive definite: seen at iteration {iteration}", iteration
            )
        wp.launch(_descend, dim=size, inputs=[dtype(old / energy), direction, product, x, residual])
        precondition(residual, preconditioned)
        new = wp.utils.array_inner(residual, preconditioned)
        wp.launch(_turn, dim=size, inputs=[dtype(new / old), preconditioned, direction])
        old = new


def _preconditioner(matrix: Any, name: str) -> Callable[[Any, Any], None]:
    """What takes a residual and writes the preconditioned one."""
    if name == "diag":
        diagonal = sparse.bsr_get_diag(matrix)
        return lambda r, z: wp.launch(_scale, dim=r.shape[0], inputs=[diagonal, r, z])
    if name == "fsai":
        inverse = linear.preconditioner(matrix, "fsai")
        return lambda r, z: inverse.matvec(r, z, z, 1.0, 0.0)
    return lambda r, z: wp.copy(z, r)


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
