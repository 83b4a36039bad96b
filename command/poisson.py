"""``warpsmith poisson``: a Poisson problem whose solution is known."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from warpsmith.command.options import json_option
from warpsmith.errors import ProblemError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from warpsmith.fem.poisson.convergence import Experiment, Refinement

GEOMETRIES = ("grid", "tri", "quad", "tet", "hex", "adaptive")
SOLUTIONS = ("polynomial", "trigonometric", "layer", "singular")
COEFFICIENTS = ("constant", "variable", "tensor")
BOUNDARIES = ("dirichlet", "nitsche", "mixed")
PRECISIONS = ("float32", "float64")
PRECONDITIONERS = ("diag", "fsai", "id")
"""These are the solver's, which imports ``warp.fem``; a test holds them equal."""


def _choice(option: str, known: Sequence[str], default: str, help: str) -> Callable[[Any], Any]:
    return click.option(option, type=click.Choice(known), default=default, show_default=True, help=help)


@click.command("poisson")
@click.option("--dim", "dimension", type=click.IntRange(2, 3), default=2, show_default=True, help="Dimension.")
@click.option("--degree", type=click.IntRange(1, 3), default=1, show_default=True, help="Degree of the elements.")
@click.option("--resolution", type=click.IntRange(1), default=32, show_default=True, help="Cells along each axis.")
@_choice("--geometry", GEOMETRIES, "grid", "tri and quad are meshes in 2D; tet, hex and adaptive in 3D.")
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
@json_option
def command(resolution: int, dtype: str, convergence: bool, plot: Path | None, as_json: bool, **options: Any) -> None:
    """Solve a Poisson problem whose solution is known, and measure the error.

    The problem is −∇·(κ∇u) = f on the unit square or cube; it is solved with warp.fem.
    """
    try:
        case, levels = _solve(resolution, convergence, plot, options | {"precision": dtype})
    except ProblemError as error:
        raise UsageError(str(error)) from error
    shown = levels if convergence else levels[-1:]
    if as_json:
        from warpsmith.fem.poisson import convergence as study

        click.echo(json.dumps(study.as_json(case, shown), indent=2))
    else:
        from warpsmith.command.printing import print_tables

        print_tables([_table(case, shown)])


def _solve(
    resolution: int, convergence: bool, plot: Path | None, options: dict[str, Any]
) -> tuple[Experiment, list[Refinement]]:
    import warp as wp

    from warpsmith.fem.poisson.convergence import Experiment, converge
    from warpsmith.ir.backend import start

    wp.config.log_level = wp.LOG_ERROR
    start()
    case = Experiment(**options)
    _plottable(plot, case)
    resolutions = _resolutions(resolution) if convergence or plot else [resolution]
    if convergence and len(resolutions) < 2:
        raise ProblemError(f"resolution {resolution} cannot be halved: rates need two meshes")
    with _line() as progress:
        levels = converge(case, resolutions, progress)
    if plot:
        _draw(plot, case, levels)
    return case, levels


def _draw(path: Path, case: Experiment, levels: list[Refinement]) -> None:
    from warpsmith.fem.poisson.plot import save

    try:
        save(path, case, levels)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _resolutions(finest: int, most: int = 4) -> list[int]:
    """The finest resolution and up to three coarser ones, each half of the next."""
    found = [finest]
    while len(found) < most and found[0] % 2 == 0 and found[0] > 2:
        found.insert(0, found[0] // 2)
    return found


def _plottable(path: Path | None, case: Experiment) -> None:
    from warpsmith.fem.poisson.plot import FORMATS

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
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status("preparing") as status:
        yield status.update


def _table(case: Experiment, levels: list[Refinement]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    from warpsmith.fem.poisson.convergence import rates

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
