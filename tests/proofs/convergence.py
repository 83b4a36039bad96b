"""Rates of convergence of the Poisson solver, for every geometry, degree and dimension.

    python -m tests.proofs.convergence [--quick] [--write]

Between the two finest meshes L2 rates have to be within 0.1 of degree + 1, and H1 rates within 0.1 of degree, or of the
lower rates that a singular solution allows. Meshes are distorted: no two cells are alike. ``--quick`` leaves out degree
3 in three dimensions, which takes most of the time; ``--write`` puts the table into docs/poisson.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import warp as wp

from warpsmith.fem.poisson.convergence import Experiment, converge, rates

PAGE = Path(__file__).resolve().parents[2] / "docs" / "poisson.md"
TOLERATED = 0.1
RESOLUTIONS = {
    2: {1: (16, 32, 64), 2: (16, 32, 64), 3: (8, 16, 32)},
    3: {1: (8, 16, 32), 2: (8, 12, 16), 3: (6, 8, 12)},
}


def cases(quick: bool) -> Iterator[tuple[Experiment, tuple[int, ...]]]:
    """What is measured, cheap ones first."""
    for dimension, geometries in ((2, ("grid", "tri", "quad")), (3, ("grid", "tet", "hex"))):
        for degree, resolutions in RESOLUTIONS[dimension].items():
            if quick and (dimension, degree) == (3, 3):
                continue
            for geometry in geometries:
                distortion = 0.0 if geometry == "grid" else 0.1
                yield Experiment(geometry, dimension, degree, distortion=distortion), resolutions
                if dimension == 2:
                    yield (
                        Experiment(geometry, dimension, degree, distortion=distortion, discontinuous=True),
                        resolutions,
                    )
    for degree in (1, 2):
        yield Experiment("adaptive", 3, degree, discontinuous=True), (4, 8, 12) if degree == 1 else (2, 4, 6)
    for degree in (1, 2, 3):
        # A known lower rate: no degree does better than the solution allows.
        yield Experiment("tri", 2, degree, solution="singular", distortion=0.1), (8, 16, 32)
    yield (
        Experiment("quad", 2, 2, solution="layer", coefficient="variable", boundary="nitsche", distortion=0.1),
        (16, 32, 64),
    )
    yield (
        Experiment("tri", 2, 2, solution="polynomial", coefficient="tensor", boundary="mixed", distortion=0.1),
        (16, 32, 64),
    )
    yield Experiment("tet", 3, 2, coefficient="tensor", boundary="mixed", distortion=0.1), (12, 16, 24)


COLUMNS = (
    "dim", "geometry", "degree", "method", "solution, coefficient, boundary", "finest", "unknowns", "L2 error", "rate",
    "H1 error", "rate",
)  # fmt: skip
HEADER = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def row(case: Experiment, resolutions: tuple[int, ...]) -> tuple[str, bool]:
    """A row of the table, and whether its rates are those of theory."""
    levels = converge(case, resolutions)
    (l2, h1), (expected_l2, expected_h1) = rates(levels)[-1], case.exact.rates(case.degree)
    good = abs(l2 - expected_l2) <= TOLERATED and abs(h1 - expected_h1) <= TOLERATED
    finest = levels[-1]
    cells = (
        f"{case.dimension}D", case.geometry, case.degree, "discontinuous" if case.discontinuous else "continuous",
        f"{case.solution}, {case.coefficient}, {case.boundary}", f"1/{finest.resolution}", f"{finest.solution.dofs:,}",
        f"{finest.l2_error:.2e}", f"{l2:.2f} ({expected_l2:.2f})", f"{finest.h1_error:.2e}",
        f"{h1:.2f} ({expected_h1:.2f})",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |", good


def write(rows: list[str], seconds: float) -> None:
    """Replace the table in the docs."""
    machine = f"Warp {wp.config.version}, Python {platform.python_version()}, CPU"
    stamp = f"Made on {datetime.date.today()} by `python -m tests.proofs.convergence --write`"
    stamp += f" ({machine}, {seconds:.0f} CPU s)."
    text = PAGE.read_text(encoding="utf-8")
    block = "\n".join(["<!-- rates -->", stamp, "", HEADER, *rows, "<!-- /rates -->"])
    PAGE.write_text(re.sub(r"<!-- rates -->.*<!-- /rates -->", lambda _: block, text, flags=re.S), encoding="utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out degree 3 in 3D")
    parser.add_argument("--write", action="store_true", help="put the table into docs/poisson.md")
    options = parser.parse_args()
    wp.config.log_level = wp.LOG_ERROR
    began, rows, bad = time.process_time(), [], 0
    print(HEADER)
    for case, resolutions in cases(options.quick):
        text, good = row(case, resolutions)
        rows.append(text)
        bad += not good
        print(text if good else f"{text} <-- off by more than {TOLERATED}", flush=True)
    if options.write and not bad:
        write(rows, time.process_time() - began)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
