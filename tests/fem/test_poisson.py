"""The Poisson solver: rates, patch tests, another library's numbers, and what it refuses.

Compilers take most of the time: what is asked of one geometry and degree shares their work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import warp as wp
import warp.fem as fem

from tests.fem.planes import power_of_plane
from warpsmith.errors import ConvergenceError, ProblemError
from warpsmith.fem.poisson.conditions import SIDES, Dirichlet, Neumann, Robin
from warpsmith.fem.poisson.convergence import PRECISIONS, Experiment, converge, rates
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.manufactured import (
    BOUNDARIES,
    COEFFICIENTS,
    SOLUTIONS,
    Coefficient,
    Exact,
    manufacture,
)
from warpsmith.fem.poisson.solver import Poisson, solve

# One case a line; tests/proofs/convergence.py has every geometry, degree and dimension.
RATES = [
    (Experiment("grid", 2, 1), (16, 32)),
    (Experiment("tri", 2, 2, distortion=0.1), (16, 32)),
    (Experiment("tri", 2, 2, solution="polynomial", coefficient="tensor", boundary="mixed"), (8, 16)),
    (Experiment("tri", 2, 2, solution="singular"), (8, 16)),
    (Experiment("quad", 2, 3, distortion=0.1), (12, 16)),
    (Experiment("grid", 2, 1, solution="layer", coefficient="variable"), (16, 32)),
    (Experiment("grid", 2, 1, boundary="nitsche"), (16, 32)),
    (Experiment("grid", 2, 1, coefficient="tensor", boundary="mixed", discontinuous=True), (16, 32)),
    (Experiment("tet", 3, 1, distortion=0.1), (8, 16)),
]
"""Experiments and two resolutions, between which rates are those of theory."""

PATCHES = [
    (Experiment("grid", 2, 1), 6),
    (Experiment("grid", 2, 1, coefficient="tensor", discontinuous=True, boundary="mixed"), 6),
    (Experiment("tri", 2, 2, coefficient="tensor", boundary="mixed", distortion=0.1), 6),
    (Experiment("quad", 2, 3, distortion=0.1), 4),
    (Experiment("tet", 3, 1, distortion=0.1), 4),
]
"""Experiments and resolutions for solutions that are in the space."""


def name(row: tuple[Experiment, Any]) -> str:
    case = row[0]
    parts = [case.geometry, str(case.degree), case.solution, case.coefficient, case.boundary]
    return "-".join([*parts, *["discontinuous"] * case.discontinuous])


@pytest.mark.parametrize("row", RATES, ids=name)
def test_errors_fall_at_the_rates_of_theory(row: tuple[Experiment, tuple[int, ...]]) -> None:
    case, resolutions = row
    (observed,) = rates(converge(case, resolutions))
    assert observed == pytest.approx(case.exact.rates(case.degree), abs=0.1)


def test_a_wrong_source_would_be_seen() -> None:
    grid = make_geometry("grid", 2, 32)
    problem = manufacture(grid, SOLUTIONS["trigonometric"], COEFFICIENTS["constant"])
    assert callable(problem.source)
    source = problem.source
    wrong = replace(problem, source=lambda x: 1.001 * source(x))  # type: ignore[operator]
    exact = SOLUTIONS["trigonometric"]
    errors = [solve(p).errors(exact.value, exact.gradient)[0] for p in (problem, wrong)]
    coarse = converge(Experiment("grid"), (16,))[0].l2_error
    assert np.log2(coarse / errors[0]) == pytest.approx(2, abs=0.1)
    assert np.log2(coarse / errors[1]) != pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("row", PATCHES, ids=name)
def test_solutions_in_the_space_are_reproduced(row: tuple[Experiment, int]) -> None:
    case, resolution = row
    exact = power_of_plane(case.degree)
    mesh = make_geometry(case.geometry, case.dimension, resolution, distortion=case.distortion)
    problem = manufacture(mesh, exact, _polynomial_coefficient(case), case.boundary)
    solution = solve(problem, case.degree, discontinuous=case.discontinuous, tolerance=1e-13)
    size = np.abs(exact.value(solution.nodes)).max()
    assert np.abs(solution.values - exact.value(solution.nodes)).max() < 1e-10 * size
    assert solution.errors(exact.value, exact.gradient)[0] < 1e-10 * size


def _polynomial_coefficient(case: Experiment) -> Coefficient:
    """Tensors are constant here: rules are exact for them then."""
    if case.coefficient == "constant":
        return COEFFICIENTS["constant"]
    return Coefficient(np.array([[2.0, 0.5], [0.5, 1.0]]), np.zeros_like)


@pytest.mark.parametrize("exact", [*SOLUTIONS.values(), power_of_plane(3)], ids=[*SOLUTIONS, "plane"])
def test_gradients_and_hessians_are_the_derivatives_of_solutions(exact: Exact) -> None:
    x = np.random.default_rng(0).uniform(0.2, 0.8, (3, 5))
    step = 1e-6
    for i, e in enumerate(np.eye(3)[:, :, None] * step):
        slope = (exact.value(x + e) - exact.value(x - e)) / (2 * step)
        bend = (exact.gradient(x + e) - exact.gradient(x - e)) / (2 * step)
        np.testing.assert_allclose(exact.gradient(x)[i], slope, atol=1e-6)
        np.testing.assert_allclose(exact.hessian(x)[i], bend, atol=1e-5)


@pytest.mark.parametrize("coefficient", COEFFICIENTS.values(), ids=COEFFICIENTS)
def test_divergences_are_those_of_coefficients(coefficient: Coefficient) -> None:
    x = np.random.default_rng(0).uniform(0.2, 0.8, (3, 5))
    step = 1e-6

    def matrix(y: np.ndarray[Any, Any]) -> Any:
        value = np.asarray(coefficient.value(y) if callable(coefficient.value) else coefficient.value)
        return value if value.ndim >= 2 else value * np.eye(3)[:, :, None]

    slopes = [(matrix(x + e) - matrix(x - e))[i] / (2 * step) for i, e in enumerate(np.eye(3)[:, :, None] * step)]
    np.testing.assert_allclose(
        np.broadcast_to(coefficient.divergence(x), x.shape), np.sum(slopes, axis=0) + 0 * x, atol=1e-6
    )


def test_the_same_problem_gives_the_same_numbers() -> None:
    first, second = (converge(Experiment("grid", 2, 1, coefficient="variable"), (16,))[0] for _ in range(2))
    assert first.solution.values.tobytes() == second.solution.values.tobytes()
    assert first.solution.history == second.solution.history


def test_the_history_falls_to_the_residual_that_is_reported() -> None:
    solution = converge(Experiment("grid", 2, 1, coefficient="variable", tolerance=1e-8), (16,))[0].solution
    assert solution.history[0] == pytest.approx(1.0, rel=1e-12)
    assert len(solution.history) == solution.iterations + 1
    assert min(solution.history[:-1]) > 1e-8 >= solution.history[-1]
    assert solution.residual == pytest.approx(solution.history[-1], rel=1e-3)
    assert solution.dofs == 17 * 17


def test_single_precision_agrees_with_double() -> None:
    single, double = (converge(Experiment("grid", 2, 1, precision=p), (16,))[0] for p in PRECISIONS)
    assert single.solution.values == pytest.approx(double.solution.values, abs=1e-4)
    assert single.l2_error == pytest.approx(double.l2_error, rel=1e-2)


def test_values_between_nodes_and_norms_are_those_of_the_field() -> None:
    exact = power_of_plane(1)
    solution = solve(manufacture(make_geometry("grid", 2, 5), exact, COEFFICIENTS["constant"]))
    places = np.random.default_rng(0).uniform(0, 1, (2, 50))
    np.testing.assert_allclose(solution.at(places), exact.value(places), atol=1e-7)
    l2, h1 = solution.norms()
    # ∫ (1 + x/4 + y/2)², and its slopes squared besides.
    assert l2**2 == pytest.approx(1 + 1 / 48 + 1 / 12 + 1 / 4 + 1 / 2 + 1 / 16)
    assert h1**2 - l2**2 == pytest.approx(1 / 16 + 1 / 4)


@fem.integrand
def source_integrand(s: fem.Sample, domain: fem.Domain):  # type: ignore[no-untyped-def]
    x = domain(s)
    return x[0] * x[1]


@fem.integrand
def value_integrand(s: fem.Sample, domain: fem.Domain):  # type: ignore[no-untyped-def]
    return domain(s)[0]


def test_integrands_and_functions_give_the_same_solution() -> None:
    def values(source: Any, value: Any, weak: bool) -> Any:
        return solve(Poisson(grid, source, conditions=[Dirichlet(value, weak=weak)])).values

    grid = make_geometry("grid", 2, 6)
    for weak in (False, True):
        expected = values(lambda x: x[0] * x[1], lambda x: x[0], weak)
        np.testing.assert_allclose(values(source_integrand, value_integrand, weak), expected, rtol=1e-9, atol=1e-12)


def test_zero_data_give_zero_without_an_iteration() -> None:
    solution = solve(Poisson(make_geometry("grid", 2, 4)))
    assert (solution.iterations, solution.residual) == (0, 0.0)
    assert not solution.values.any()


def grid_with(**data: Any) -> Callable[[], Any]:
    return lambda: solve(Poisson(make_geometry("grid", 2, 4), **{"source": 1.0} | data))


def nowhere(x: Any) -> Any:
    return np.where(x[0] < 0.5, 1.0, np.nan)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "negative coefficient": (grid_with(coefficient=-1.0), "coefficient is not positive: -1"),
    "zero somewhere": (grid_with(coefficient=lambda x: x[0] - 0.5), r"coefficient is not positive: -0.\d+ at \(0"),
    "indefinite tensor": (grid_with(coefficient=np.diag([1.0, -1.0])), "is not positive definite: -1"),
    "skew tensor": (grid_with(coefficient=np.array([[1.0, 0.1], [0.0, 1.0]])), "is not symmetric"),
    "shape of a tensor": (grid_with(coefficient=np.eye(3)), r"shape \(3, 3\)"),
    "nan source": (grid_with(source=nowhere), r"source is nan at \(0.[5-9]"),
    "infinite coefficient": (grid_with(coefficient=np.inf), "coefficient is inf"),
    "nan boundary value": (grid_with(conditions=[Dirichlet(nowhere)]), "Dirichlet value is nan at"),
    "nan flux": (grid_with(conditions=[Dirichlet(on="left"), Neumann(np.nan)]), "flux is nan"),
    "shape of a source": (grid_with(source=lambda x: x), r"source has shape \(2, \d+\)"),
    "text as source": (grid_with(source="sin"), "source does not give numbers"),
    "integrand of no scalar": (grid_with(source=fem.normal), "source"),
    "no Dirichlet part": (grid_with(conditions=[Neumann(1.0)]), "singular"),
    "no condition": (grid_with(conditions=[]), "singular"),
    "no transfer": (grid_with(conditions=[Robin(0.0)]), "singular"),
    "negative transfer": (
        grid_with(conditions=[Dirichlet(on="left"), Robin(-1.0)]),
        "transfer coefficient is negative",
    ),
    "empty part": (grid_with(conditions=[Dirichlet(on=lambda x: x[0] > 2)]), "holds on no side"),
    "unknown part": (grid_with(conditions=[Dirichlet(on="front")]), "'front': choose from left, right, bottom, top"),
    "no mask": (grid_with(conditions=[Dirichlet(on=lambda x: x[0])]), "has to be a mask"),
    "overlap": (grid_with(conditions=[Dirichlet(on="left"), Neumann(on=lambda x: x[1] > 0.5)]), "two boundary"),
    "two rests": (grid_with(conditions=[Dirichlet(), Neumann()]), "only one can have the rest"),
    "degree": (lambda: solve(Poisson(make_geometry("grid", 2, 4)), 4), "degree 4 is not one of 1, 2, 3"),
    "degree 0": (lambda: solve(Poisson(make_geometry("grid", 2, 4)), 0), "degree 0"),
    "tolerance": (lambda: solve(Poisson(make_geometry("grid", 2, 4)), tolerance=0.0), "tolerance 0"),
    "tolerance beyond float32": (
        lambda: solve(Poisson(make_geometry("grid", 2, 4, wp.float32)), tolerance=1e-8),
        "tolerance 1e-08 is beyond float32: 6.0e-07",
    ),
    "iterations": (lambda: solve(Poisson(make_geometry("grid", 2, 4)), iterations=0), "0 iterations"),
    "preconditioner": (lambda: solve(Poisson(make_geometry("grid", 2, 4)), preconditioner="ilu"), "'ilu': choose from"),
    "geometry": (lambda: make_geometry("tet", 2, 4), "no geometry 'tet' in 2D: choose from grid, tri, quad"),
    "dimension": (lambda: make_geometry("grid", 4, 4), "dimension 4"),
    "resolution": (lambda: make_geometry("grid", 2, 0), "resolution 0"),
    "distortion": (lambda: make_geometry("tri", 2, 4, distortion=0.5), "distortion 0.5"),
    "hanging nodes": (lambda: solve(Poisson(make_geometry("adaptive", 3, 2))), "do not conform"),
    "solution": (lambda: Experiment(solution="wrong"), "'wrong' is unknown"),
    "boundary": (lambda: Experiment(boundary="wrong"), "'wrong' is unknown"),
}
"""What makes no sense, and a part of what is said about it."""


@pytest.mark.parametrize("row", REFUSED)
def test_what_makes_no_sense_is_refused_with_the_reason(row: str) -> None:
    attempt, complaint = REFUSED[row]
    with pytest.raises(ProblemError, match=complaint):
        attempt()


def test_a_solver_that_does_not_converge_gives_no_solution() -> None:
    with pytest.raises(ConvergenceError, match=r"in 3 iterations; 1.0e-10 was asked for") as caught:
        converge(Experiment("grid", 2, 1, coefficient="variable", iterations=3), (16,))
    assert caught.value.iterations == 3
    assert caught.value.residual > 1e-10


def test_every_named_boundary_and_part_is_taken() -> None:
    cube = make_geometry("tet", 3, 2)
    for boundary in BOUNDARIES:
        assert manufacture(cube, power_of_plane(1), COEFFICIENTS["constant"], boundary).conditions
    solution = solve(Poisson(cube, 1.0, conditions=[Dirichlet(1.0, on=side) for side in SIDES]))
    faces = ((solution.nodes == 0) | (solution.nodes == 1)).any(axis=0)
    np.testing.assert_array_equal(solution.values[faces], 1.0)
    assert (solution.values[~faces] > 1).all()
    assert solution.field.dof_values.dtype is wp.float64
