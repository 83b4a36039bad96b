"""The Poisson solver beside scikit-fem: the same meshes, elements and problems.

    python -m tests.proofs.scikit [--json]

For every element that scikit-fem has with nodes: the largest difference at the nodes, relative to the solution, which
has to be below 1e-8; and the ratio of L2 errors, which has to be within 1 % of one.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np
import warp as wp

from tests.fem import scikit
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.manufactured import COEFFICIENTS, SOLUTIONS, manufacture, power_of_plane
from warpsmith.fem.poisson.solver import solve

RESOLUTIONS = {"tri": 16, "quad": 16, "tet": 6, "hex": 6}


def compare(name: str, degree: int) -> tuple[float, float]:
    """The difference at the nodes, and the ratio of L2 errors."""
    mesh = make_geometry(name, 2 if name in ("tri", "quad") else 3, RESOLUTIONS[name], distortion=0.1)
    space = scikit.basis(name, degree, RESOLUTIONS[name], distortion=0.1)
    plane, wave = power_of_plane(degree + 1), SOLUTIONS["trigonometric"]
    found = solve(manufacture(mesh, plane, COEFFICIENTS["constant"]), degree, tolerance=1e-12)
    # Rules of the same order: on distorted quadrilaterals and hexahedra none is exact.
    same = scikit.basis(name, degree, RESOLUTIONS[name], distortion=0.1, order=2 * degree + 1)
    expected = scikit.solve(same, plane)[scikit.pair(found.nodes, same.doflocs)]
    difference = np.abs(found.values - expected).max() / np.abs(expected).max()
    waving = solve(manufacture(mesh, wave, COEFFICIENTS["constant"]), degree, tolerance=1e-12)
    errors = waving.errors(wave.value, wave.gradient)[0], scikit.l2_error(space, scikit.solve(space, wave), wave)
    return float(difference), errors[0] / errors[1]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    wp.config.log_level = wp.LOG_ERROR
    found = {f"{name} {degree}": compare(name, degree) for name, degree in scikit.ELEMENTS}
    if options.json:
        print(json.dumps({key: {"difference": d, "ratio": r} for key, (d, r) in found.items()}, indent=2))
    else:
        for key, (difference, ratio) in found.items():
            print(f"{key}: difference at the nodes {difference:.1e}, ratio of L2 errors {ratio:.5f}")
    return 0 if all(d < 1e-8 and abs(r - 1) < 0.01 for d, r in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
