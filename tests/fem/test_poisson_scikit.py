"""The Poisson solver agrees with scikit-fem on the same mesh with the same elements."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fem import scikit
from tests.fem.planes import power_of_plane
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.manufactured import COEFFICIENTS, SOLUTIONS, manufacture
from warpsmith.fem.poisson.solver import Solution, solve

# tests/proofs/scikit.py compares every element that scikit-fem has with nodes.
ELEMENTS = [("tri", 2, 6), ("tet", 1, 4)]


def ours(name: str, degree: int, resolution: int, exact: object) -> Solution:
    mesh = make_geometry(name, 2 if name in ("tri", "quad") else 3, resolution, distortion=0.1)
    problem = manufacture(mesh, exact, COEFFICIENTS["constant"])  # type: ignore[arg-type]
    return solve(problem, degree, tolerance=1e-12)


@pytest.mark.parametrize(("name", "degree", "resolution"), ELEMENTS)
def test_solutions_at_the_nodes_are_those_of_scikit_fem(name: str, degree: int, resolution: int) -> None:
    # A polynomial of one degree more than the element's, so that both libraries' rules are exact for its source.
    exact = power_of_plane(degree + 1)
    found = ours(name, degree, resolution, exact)
    space = scikit.basis(name, degree, resolution, distortion=0.1)
    expected = scikit.solve(space, exact)[scikit.pair(found.nodes, space.doflocs)]
    assert np.abs(found.values - expected).max() < 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize(("name", "degree", "resolution"), ELEMENTS)
def test_errors_are_those_of_scikit_fem(name: str, degree: int, resolution: int) -> None:
    exact = SOLUTIONS["trigonometric"]
    found = ours(name, degree, resolution, exact)
    space = scikit.basis(name, degree, resolution, distortion=0.1)
    assert found.errors(exact.value, exact.gradient)[0] == pytest.approx(
        scikit.l2_error(space, scikit.solve(space, exact), exact), rel=0.01
    )
