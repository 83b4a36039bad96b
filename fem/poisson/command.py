"""The ``warpsmith poisson`` command."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import warp as wp
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.convergence import PRECISIONS, Case, Level, as_json, converge, rates
from warpsmith.fem.poisson.geometry import GEOMETRIES
from warpsmith.fem.poisson.linear import PRECONDITIONERS
from warpsmith.fem.poisson.manufactured import BOUNDARIES, COEFFICIENTS, SOLUTIONS
from warpsmith.fem.poisson.plot import FORMATS, save
from warpsmith.ir.backend import start

_NAMES = tuple(dict.fromkeys(name for names in GEOMETRIES.values() for name in names))


def _choice(option: str, known: Any, default: str, help: str) -> Callable[[Any], Any]:
    return click.option(option, type=click.Choice(tuple(known)), default=default, show_default=True, help=help)


@click.command("poisson")
@click.option("--dim", "dimension", type=click.IntRange(2, 3), default=2, show_default=True, help="Dimension.")
@click.option("--degree", type=click.IntRange(1, 3), default=1, show_default=True, help="Degree of the elements.")
@click.option("--resolution", type=click.IntRange(1), default=32, show_default=True, help="Cells along each axis.")
@_choice("--geometry", _NAMES, "grid", "tri and quad are meshes in 2D; tet, hex and adaptive in 3D.")
@click.option("--distortion", type=float, default=0.0, show_default=True, help="Of a mesh's vertices; at most 0.1.")
@_choice("--solution", SOLUTIONS, "trigonometric", "The exact solution.")
@_choice("--coefficient", COEFFICIENTS, "constant", "The coefficient κ.")
@_choice("--boundary", BOUNDARIES, "dirichlet", "Boundary conditions.")
@click.option("--discontinuous", is_flag=True, help="Symmetric interior penalty, on discontinuous elements.")
@_choice("--dtype", PRECISIONS, "float64", "Precision.")
@click.option("--tolerance", type=float, help="Relative residual to reach.  [default: 1e-10, or 1e-6 in float32]")
@click.option("--iterations", type=click.IntRange(1), help="Most iterations.  [default: the unknowns]")
@_choice("--preconditioner", PRECONDITIONERS, "diag", "Of conjugate gradients.")
@click.option("--convergence", is_flag=True, help="Also at coarser resolutions, halved while even, for the rates.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Picture of solution, error, convergence."
)
@click.option("--json", "as_object", is_flag=True, help="Print one JSON object and nothing else.")
def poisson(resolution: int, dtype: str, convergence: bool, plot: Path | None, as_object: bool, **options: Any) -> None:
    """Solve −∇·(κ∇u) = f with warp.fem on the unit square or cube, and measure the error: the solution is known."""
    wp.config.log_level = wp.LOG_ERROR
    start()
    try:
        case = Case(precision=dtype, **options)
        _plottable(plot, case)
        resolutions = _resolutions(resolution) if convergence or plot else [resolution]
        if convergence and len(resolutions) < 2:
            raise ProblemError(f"resolution {resolution} cannot be halved: rates need two meshes")
        with _line() as progress:
            levels = converge(case, resolutions, progress)
    except ProblemError as error:
        raise click.UsageError(str(error)) from error
    if plot:
        try:
            save(plot, case, levels)
        except OSError as error:
            raise click.UsageError(f"cannot write {plot}: {error.strerror}") from error
    shown = levels if convergence else levels[-1:]
    if as_object:
        click.echo(json.dumps(as_json(case, shown), indent=2))
    else:
        Console().print(_table(case, shown))


def _resolutions(finest: int, most: int = 4) -> list[int]:
    """The finest resolution and up to three coarser ones, each half of the next."""
    found = [finest]
    while len(found) < most and found[0] % 2 == 0 and found[0] > 2:
        found.insert(0, found[0] // 2)
    return found


def _plottable(path: Path | None, case: Case) -> None:
    if path is None:
        return
    if (case.geometry, case.precision) == ("adaptive", "float64"):
        raise ProblemError("warp.fem 1.19 finds no positions in adaptive grids in float64: use --dtype float32")
    if importlib.util.find_spec("matplotlib") is None:
        raise ProblemError("--plot needs matplotlib: pip install 'warpsmith[plot]'")
    if path.suffix.lower() not in FORMATS:
        raise ProblemError(f"cannot draw {path.name}: its name has to end in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise ProblemError(f"cannot write {path}: there is no folder {path.parent}")


@contextmanager
def _line() -> Iterator[Callable[[str], None]]:
    """A line that changes while the work goes on, on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status("preparing") as status:
        yield status.update


def _table(case: Case, levels: list[Level]) -> Table:
    table = Table(
        box=SIMPLE, title=f"{case.geometry} {case.dimension}D, degree {case.degree}, {case.solution} solution"
    )
    for title in ("cells", "unknowns", "steps", "residual", "L2 error", "rate", "H1 error", "rate"):
        table.add_column(title, justify="right")
    observed = [("", ""), *((f"{l2:.2f}", f"{h1:.2f}") for l2, h1 in rates(levels))]
    for level, (l2, h1) in zip(levels, observed, strict=True):
        solution = level.solution
        figures = (f"{solution.dofs:,}", str(solution.iterations), f"{solution.residual:.1e}")
        table.add_row(str(level.resolution), *figures, f"{level.l2_error:.2e}", l2, f"{level.h1_error:.2e}", h1)
    return table
