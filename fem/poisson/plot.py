"""A picture of a solution, its error and its convergence."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from warpsmith.fem.poisson.convergence import Experiment, Refinement
from warpsmith.fem.poisson.data import Array

FORMATS = (".png", ".pdf", ".svg")
"""Endings of file names."""

_PIXELS = 400
"""Along each axis, at least, where fields are drawn."""

_STYLE = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "mathtext.fontset": "cm",
    "svg.hashsalt": "warpsmith",
}


def save(path: Path, case: Experiment, levels: list[Refinement]) -> None:
    """Draw the finest level's solution and error, and the errors of all levels, into a file.

    In 3D the fields are drawn on the plane through the centre, z = 1/2. The file is written whole or not at all.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 2.35), layout="constrained")
        axes = figure.subplots(1, 3)
        value, missed = _fields(case, levels[-1])
        suffix = "" if case.dimension == 2 else ",\\ z = 1/2"
        _field(figure, axes[0], value, f"$u_h{suffix}$", "viridis")
        _field(figure, axes[1], missed, f"$|u - u_h|{suffix}$", "magma")
        _errors(axes[2], case, levels)
        buffer = io.BytesIO()
        # A picture of the same numbers is the same file.
        figure.savefig(buffer, format=path.suffix[1:].lower(), dpi=300, metadata=_undated(path))
    path.write_bytes(buffer.getvalue())


def _undated(path: Path) -> dict[str, Any]:
    return {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix.lower(), {})


def _fields(case: Experiment, level: Refinement) -> tuple[Array, Array]:
    """The solution and the error at the centres of pixels, rows upwards."""
    # As many in every cell, or the error would show the difference.
    count = level.resolution * -(-_PIXELS // level.resolution)
    axis = (np.arange(count) + 0.5) / count
    x, y = np.meshgrid(axis, axis)
    places = np.stack([x.ravel(), y.ravel(), *[np.full(x.size, 0.5)] * (case.dimension - 2)])
    value = level.solution.at(places)
    return value.reshape(x.shape), np.abs(value - case.exact.value(places)).reshape(x.shape)


def _field(figure: Any, axes: Any, values: Array, title: str, colours: str) -> None:
    image = axes.imshow(values, origin="lower", extent=(0, 1, 0, 1), cmap=colours, interpolation="antialiased")
    bar = figure.colorbar(image, ax=axes, shrink=0.86, pad=0.02)
    bar.formatter.set_powerlimits((-2, 3))
    bar.outline.set_linewidth(0.6)
    axes.set(title=title, xlabel="$x$", ylabel="$y$", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))


def _errors(axes: Any, case: Experiment, levels: list[Refinement]) -> None:
    sizes = np.array([1 / level.resolution for level in levels])
    norms = (
        ("$L^2$", "o", "#1f4e79", [level.l2_error for level in levels]),
        ("$H^1$", "s", "#b3541e", [level.h1_error for level in levels]),
    )
    for (name, marker, colour, errors), rate in zip(norms, case.exact.rates(case.degree), strict=True):
        axes.loglog(sizes, errors, marker=marker, markersize=3.5, linewidth=1.1, color=colour, label=name)
        if len(levels) > 1:
            # The slope that theory has, a little below.
            guide = 0.6 * errors[-1] * (sizes / sizes[-1]) ** rate
            axes.loglog(sizes, guide, linestyle=":", linewidth=0.9, color=colour, label=f"$h^{{{_short(rate)}}}$")
    axes.set(
        title=r"$\|u - u_h\|$", xlabel="$h$", xticks=sizes, xticklabels=[f"1/{level.resolution}" for level in levels]
    )
    axes.minorticks_off()
    axes.set_box_aspect(1)
    axes.grid(True, which="major", linewidth=0.3, color="0.85")
    axes.set_axisbelow(True)
    axes.legend(ncols=2, loc="lower right", handlelength=1.6, columnspacing=1.0)


def _short(rate: float) -> str:
    for bottom in (1, 3):
        if abs(rate * bottom - round(rate * bottom)) < 1e-9:
            return str(round(rate)) if bottom == 1 else f"{round(rate * bottom)}/{bottom}"
    return f"{rate:.2f}"
