"""The Poisson problem −∇·(κ∇u) = f in two and three dimensions, on ``warp.fem``.

from warpsmith.fem.poisson.conditions import Dirichlet, Neumann
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.solver import Poisson, solve

square = make_geometry("tri", 2, 32)
solution = solve(Poisson(square, source=lambda x: x[0] * x[1], conditions=[Dirichlet(0.0)]), degree=2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import warp as wp
import warp.fem as fem

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.assembly import assemble
from warpsmith.fem.poisson.conditions import Condition, Dirichlet
from warpsmith.fem.poisson.data import Array, Data, Points, sample
from warpsmith.fem.poisson.forms import forms
from warpsmith.fem.poisson.linear import PRECONDITIONERS, Stopping, conjugate_gradients

DEGREES = (1, 2, 3)
"""Polynomial degrees of the Lagrange elements."""


@dataclass(frozen=True)
class Poisson:
    """−∇·(κ∇u) = f with boundary conditions.

    Attributes:
        geometry: a mesh of ``warp.fem``; its scalar type is the precision of everything.
        source: f.
        coefficient: κ, positive; or a symmetric positive definite tensor.
        conditions: of the boundary; where none holds, the flux is 0.
    """

    geometry: Any
    source: Data = 0.0
    coefficient: Data = 1.0
    conditions: Sequence[Condition] = field(default_factory=lambda: (Dirichlet(0.0),))


@dataclass(frozen=True)
class Solution:
    """What ``solve`` found.

    Attributes:
        field: the solution, a ``DiscreteField`` of ``warp.fem``.
        iterations: of conjugate gradients.
        residual: the relative residual of the linear system, computed from the solution.
        history: relative residuals, one an iteration, the first before any.
    """

    field: Any
    iterations: int
    residual: float
    history: tuple[float, ...]

    @property
    def dofs(self) -> int:
        """How many unknowns there are, those at Dirichlet parts included."""
        return int(self.field.space.node_count())

    @property
    def nodes(self) -> Array:
        """Positions of the nodes, ``(d, n)``."""
        return np.asarray(self.field.space.node_positions().numpy().T, dtype=np.float64)

    @property
    def values(self) -> Array:
        """The solution at the nodes, ``(n,)``."""
        return np.asarray(self.field.dof_values.numpy(), dtype=np.float64)

    def at(self, positions: Array) -> Array:
        """The solution at positions ``(d, n)``; outside the domain, at the closest point of it.

        Raises:
            ProblemError: on an adaptive grid in float64.
        """
        space = self.field.space
        geometry, count = space.geometry, positions.shape[1]
        if isinstance(geometry, fem.AdaptiveNanogrid) and geometry.scalar_type is wp.float64:
            raise ProblemError("warp.fem 1.19 finds no positions in adaptive grids in float64: use float32")
        cells = fem.Cells(geometry)
        if not cells.supports_lookup(wp.get_device()):
            geometry.build_bvh()
        places = wp.array(np.ascontiguousarray(positions.T), dtype=_vector(geometry))
        value = wp.zeros(count, dtype=geometry.scalar_type)
        these = forms(geometry.dimension, geometry.scalar_type)
        lookup = these.grid_lookup if isinstance(geometry, fem.Grid2D | fem.Grid3D) else these.lookup
        outputs = {"position": places, "value": value}
        fem.interpolate(lookup, at=cells, dim=count, fields={"u": self.field}, values=outputs)
        return np.asarray(value.numpy(), dtype=np.float64)

    def norms(self) -> tuple[float, float]:
        """The L2 norm and the H1 norm, √(‖u‖² + ‖∇u‖²); over cells where the space is discontinuous."""
        return self.errors(0.0, np.zeros_like)

    def errors(self, exact: Any, gradient: Any) -> tuple[float, float]:
        """The L2 and H1 norms of the difference to a function.

        Args:
            exact: a function of positions ``(d, n)`` that gives ``(n,)``, or a number.
            gradient: its gradient, ``(d, n)``.
        """
        space = self.field.space
        points = Points.of(fem.Cells(space.geometry), 2 * space.degree + 3)
        value, slope = _tabulate(self.field, points)
        missed = value - sample(exact, points.positions, "the exact solution")
        bent = slope - np.asarray(gradient(points.positions), dtype=np.float64)
        l2, seminorm = ((points.weights * square).sum() for square in (missed**2, (bent**2).sum(axis=0)))
        return float(np.sqrt(l2)), float(np.sqrt(l2 + seminorm))


def solve(
    problem: Poisson,
    degree: int = 1,
    *,
    discontinuous: bool = False,
    tolerance: float | None = None,
    iterations: int | None = None,
    preconditioner: str = "diag",
    progress: Callable[[str], None] = lambda line: None,
) -> Solution:
    """Solve a Poisson problem with Lagrange elements.

    Args:
        problem: the problem.
        degree: of the elements, 1 to 3.
        discontinuous: use the symmetric interior penalty method on discontinuous elements.
        tolerance: of the linear system's residual, relative to its right-hand side: 1e-10 by default, 1e-6 in float32.
        iterations: the most that conjugate gradients may take; as many as there are unknowns by default.
        preconditioner: ``diag``, ``fsai`` or ``id``.
        progress: called with a line about what is going on.

    Raises:
        ProblemError: the problem makes no sense; nothing was solved.
        ConvergenceError: conjugate gradients did not reach the tolerance.
    """
    dtype = problem.geometry.scalar_type
    _check(problem.geometry, degree, discontinuous, iterations, preconditioner)
    tolerance = _tolerance(tolerance, dtype)
    space = fem.make_polynomial_space(problem.geometry, dtype=dtype, degree=degree, discontinuous=discontinuous)
    unknowns = space.node_count()
    progress(f"assembling {unknowns:,} unknowns")
    system = assemble(space, problem.source, problem.coefficient, problem.conditions, discontinuous)
    solved = conjugate_gradients(
        system.matrix,
        system.rhs,
        Stopping(tolerance, iterations or unknowns, preconditioner),
        lambda i, residual: progress(f"{unknowns:,} unknowns, iteration {i}: residual {residual:.1e}"),
    )
    found = _field(space, solved.x.numpy() + system.known.numpy())
    return Solution(found, solved.iterations, solved.residual, solved.history)


def _check(geometry: Any, degree: int, discontinuous: bool, iterations: int | None, preconditioner: str) -> None:
    if degree not in DEGREES:
        raise ProblemError(f"degree {degree} is not one of {', '.join(map(str, DEGREES))}")
    if iterations is not None and iterations < 1:
        raise ProblemError(f"{iterations} iterations are not enough")
    if preconditioner not in PRECONDITIONERS:
        raise ProblemError(f"no preconditioner {preconditioner!r}: choose from {', '.join(PRECONDITIONERS)}")
    if isinstance(geometry, fem.AdaptiveNanogrid) and not discontinuous:
        # Patch tests fail on it: warp.fem does not constrain hanging nodes.
        raise ProblemError(
            "continuous elements do not conform where cells of an adaptive grid differ in size: use discontinuous ones"
        )


def _tolerance(given: float | None, dtype: Any) -> float:
    tolerance = (1e-10 if dtype is wp.float64 else 1e-6) if given is None else given
    if not 0 < tolerance < 1:
        raise ProblemError(f"tolerance {tolerance:g} is not between 0 and 1")
    if tolerance < (least := 5 * float(np.finfo(wp.dtype_to_numpy(dtype)).eps)):
        raise ProblemError(f"tolerance {tolerance:g} is beyond {dtype.__name__}: {least:.1e} is the least")
    return tolerance


def _field(space: Any, values: Array) -> Any:
    """A field of the space with those values at its nodes."""
    made = space.make_field()
    made.dof_values = wp.array(values, dtype=space.geometry.scalar_type)
    return made


def _tabulate(discrete: Any, points: Points) -> tuple[Array, Array]:
    """A field ``(n,)`` and its gradient ``(d, n)`` at quadrature points."""
    geometry, count = discrete.space.geometry, points.weights.size
    value = wp.zeros(count, dtype=geometry.scalar_type)
    gradient = wp.zeros(count, dtype=_vector(geometry))
    form = forms(geometry.dimension, geometry.scalar_type).values
    fem.interpolate(form, at=points.rule, fields={"u": discrete}, values={"value": value, "gradient": gradient})
    return np.asarray(value.numpy(), dtype=np.float64), np.asarray(gradient.numpy(), dtype=np.float64).T


def _vector(geometry: Any) -> Any:
    return wp.types.vector(geometry.dimension, geometry.scalar_type)
