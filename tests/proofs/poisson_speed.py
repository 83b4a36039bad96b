"""How long the Poisson solver takes beside Warp's shipped diffusion example, and beside scikit-fem with SciPy.

    python -m tests.proofs.poisson_speed [--resolution 256] [--degree 2] [--json]

The example's problem, −∇·(2∇u) = 1 with u = 5 on the left and the right, is solved by both in float64 to the same
residual on the same grid. The trigonometric problem is solved on quadrilaterals, and by scikit-fem, whose solver is
SciPy's sparse LU and knows no tolerance. Each party is a process of its own, run with an empty kernel cache (cold) and
again (warm). Reported are the CPU seconds of a solve, meshes and spaces included, imports not; and ours over theirs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

TOLERANCE = 1e-8

_PREAMBLE = """
import sys, time, json
resolution, degree, tolerance = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
import numpy as np
import warp as wp
wp.config.log_level = wp.LOG_ERROR
"""

PARTIES = {
    "ours": _PREAMBLE
    + """
from warpsmith.fem.poisson.conditions import Dirichlet
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.solver import Poisson, solve
wp.init()
began = time.process_time()
grid = make_geometry("grid", 2, resolution)
ends = [Dirichlet(5.0, on="left"), Dirichlet(5.0, on="right")]
found = solve(Poisson(grid, 1.0, 2.0, ends), degree, tolerance=tolerance)
seconds = time.process_time() - began
# The exact solution depends on x alone: 5 + x (1 - x) / 4.
x = found.nodes[0]
print(json.dumps({"seconds": seconds, "error": float(np.abs(found.values - 5 - x * (1 - x) / 4).max())}))
""",
    "example": _PREAMBLE
    + """
import warp.examples.fem.utils as utils
from warp.examples.fem.example_diffusion import Example
inner = utils.bsr_cg
# To the tolerance of the others, on the part of the right-hand side that is not boundary values.
def bsr_cg(A, x, b, **options):
    values = b.numpy()
    free = values[values != 5.0]
    return inner(A, x, b, tol=tolerance * float(np.linalg.norm(free) / np.linalg.norm(values)), **options)
utils.bsr_cg = bsr_cg
wp.set_module_options({"enable_backward": False})
wp.init()
began = time.process_time()
example = Example(quiet=True, degree=degree, resolution=resolution, fp64=True)
example.step()
seconds = time.process_time() - began
field = example._scalar_field
x = field.space.node_positions().numpy()[:, 0]
print(json.dumps({"seconds": seconds, "error": float(np.abs(field.dof_values.numpy() - 5 - x * (1 - x) / 4).max())}))
""",
    "ours, trigonometric": _PREAMBLE
    + """
from warpsmith.fem.poisson.geometry import make_geometry
from warpsmith.fem.poisson.manufactured import COEFFICIENTS, SOLUTIONS, manufacture
from warpsmith.fem.poisson.solver import solve
wp.init()
exact = SOLUTIONS["trigonometric"]
began = time.process_time()
found = solve(manufacture(make_geometry("quad", 2, resolution), exact, COEFFICIENTS["constant"]), degree)
seconds = time.process_time() - began
print(json.dumps({"seconds": seconds, "error": found.errors(exact.value, exact.gradient)[0]}))
""",
    "scikit-fem": _PREAMBLE
    + """
from warpsmith.fem.poisson.manufactured import SOLUTIONS
from tests.fem import scikit
exact = SOLUTIONS["trigonometric"]
began = time.process_time()
space = scikit.basis("quad", degree, resolution, order=2 * degree + 1)
values = scikit.solve(space, exact)
seconds = time.process_time() - began
error = scikit.l2_error(scikit.basis("quad", degree, resolution), values, exact)
print(json.dumps({"seconds": seconds, "error": error}))
""",
}


def measure(party: str, cache: str, resolution: int, degree: int) -> dict[str, float]:
    """One run of a party."""
    run = [sys.executable, "-c", PARTIES[party], str(resolution), str(degree), str(TOLERANCE)]
    # One thread each: Warp's CPU kernels have no more.
    environment = os.environ | {"WARP_CACHE_PATH": cache, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(resolution: int, degree: int) -> dict[str, Any]:
    """Figures of every party, and our ratios."""
    figures: dict[str, Any] = {}
    for party in PARTIES:
        with tempfile.TemporaryDirectory() as cache:
            cold, warm = (measure(party, cache, resolution, degree) for _ in range(2))
        figures[party] = {"cold": cold["seconds"], "warm": warm["seconds"], "error": warm["error"]}
    pairs = {"example": "ours", "scikit-fem": "ours, trigonometric"}
    figures["ratios"] = {
        f"to {other}, {state}": figures[mine][state] / figures[other][state]
        for other, mine in pairs.items()
        for state in ("cold", "warm")
    }
    return figures


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolution", type=int, default=256, help="cells along each axis")
    parser.add_argument("--degree", type=int, default=2, help="of the elements")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = report(options.resolution, options.degree)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for party in PARTIES:
            cold, warm, error = figures[party].values()
            print(f"{party}: cold {cold:.1f} s, warm {warm:.1f} s of CPU, error {error:.1e}")
        for name, ratio in figures["ratios"].items():
            print(f"{name}: {ratio:.2f}")
    slower = [name for name, ratio in figures["ratios"].items() if "example" in name and ratio > 1]
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
