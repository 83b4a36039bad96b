"""Manufactured problems solved on finer and finer meshes, and the rates at which errors fall."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.manufactured import BOUNDARIES, COEFFICIENTS, SOLUTIONS, Exact, manufacture
from warpsmith.fem.poisson.solver import Solution, solve

PRECISIONS = {"float32": wp.float32, "float64": wp.float64}
"""Scalar types by name."""


@dataclass(frozen=True)
class Experiment:
    """A manufactured problem and how it is discretized, but for the resolution.

    Attributes:
        geometry, dimension, distortion: see :func:`fem.poisson.geometry.make_geometry`.
        degree, discontinuous, tolerance, iterations, preconditioner: see :func:`fem.poisson.solver.solve`.
        solution, coefficient, boundary: names in :mod:`fem.poisson.manufactured`.
        precision: ``float32`` or ``float64``.
    """

    geometry: str = "grid"
    dimension: int = 2
    degree: int = 1
    solution: str = "trigonometric"
    coefficient: str = "constant"
    boundary: str = "dirichlet"
    discontinuous: bool = False
    precision: str = "float64"
    distortion: float = 0.0
    tolerance: float | None = None
    iterations: int | None = None
    preconditioner: str = "diag"

    def __post_init__(self) -> None:
        for value, known in (
            (self.solution, SOLUTIONS),
            (self.coefficient, COEFFICIENTS),
            (self.boundary, BOUNDARIES),
            (self.precision, PRECISIONS),
        ):
            if value not in known:
                raise ProblemError(f"{value!r} is unknown: choose from {', '.join(known)}")

    @property
    def exact(self) -> Exact:
        """The solution."""
        return SOLUTIONS[self.solution]


@dataclass(frozen=True)
class Refinement:
    """A case at one resolution.

    Attributes:
        resolution: cells along each axis.
        l2_error, h1_error: norms of the error.
    """

    resolution: int
    l2_error: float
    h1_error: float
    solution: Solution


def at_resolution(case: Experiment, resolution: int, progress: Callable[[str], None] = lambda line: None) -> Refinement:
    """Solve a case at one resolution, and measure the error.

    Raises:
        ProblemError: the case makes no sense.
        ConvergenceError: conjugate gradients did not reach the tolerance.
    """
    mesh = make_geometry(case.geometry, case.dimension, resolution, PRECISIONS[case.precision], case.distortion)
    problem = manufacture(mesh, case.exact, COEFFICIENTS[case.coefficient], case.boundary)
    solution = solve(
        problem,
        case.degree,
        discontinuous=case.discontinuous,
        tolerance=case.tolerance,
        iterations=case.iterations,
        preconditioner=case.preconditioner,
        progress=lambda line: progress(f"resolution {resolution}: {line}"),
    )
    return Refinement(resolution, *solution.errors(case.exact.value, case.exact.gradient), solution)


def converge(
    case: Experiment, resolutions: Iterable[int], progress: Callable[[str], None] = lambda line: None
) -> list[Refinement]:
    """Solve a case at several resolutions, coarse to fine; see :func:`at_resolution`."""
    return [at_resolution(case, resolution, progress) for resolution in resolutions]


def rates(levels: list[Refinement]) -> list[tuple[float, float]]:
    """Observed orders in L2 and H1 between successive levels: log(e₁/e₂) / log(h₁/h₂)."""
    return [(_rate(a.l2_error, b.l2_error, a, b), _rate(a.h1_error, b.h1_error, a, b)) for a, b in pairwise(levels)]


def _rate(coarse: float, fine: float, a: Refinement, b: Refinement) -> float:
    return float(np.log(coarse / fine) / np.log(b.resolution / a.resolution))


def as_json(case: Experiment, levels: list[Refinement]) -> dict[str, Any]:
    """The finest level in figures, with the rates where there are several."""
    finest = levels[-1]
    found: dict[str, Any] = {
        "dofs": finest.solution.dofs,
        "l2_error": finest.l2_error,
        "h1_error": finest.h1_error,
        "iterations": finest.solution.iterations,
        "residual": finest.solution.residual,
    }
    if len(levels) > 1:
        l2, h1 = rates(levels)[-1]
        expected_l2, expected_h1 = case.exact.rates(case.degree)
        found["rates"] = {"l2": l2, "h1": h1}
        found["expected_rates"] = {"l2": expected_l2, "h1": expected_h1}
        found["levels"] = [
            {
                "resolution": level.resolution,
                "dofs": level.solution.dofs,
                "l2_error": level.l2_error,
                "h1_error": level.h1_error,
            }
            for level in levels
        ]
    return found
