"""Boundary conditions, and the parts of the boundary that they hold on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.data import Array, Data, SidePoints

Part: TypeAlias = str | Callable[[Array], Array] | None
"""A part of the boundary: one of ``SIDES`` of the bounding box; a function of sides' centres ``(d, n)``
that gives a mask ``(n,)``; or nothing, for whatever no other condition names."""

SIDES = {"left": (0, 0), "right": (0, 1), "bottom": (1, 0), "top": (1, 1), "back": (2, 0), "front": (2, 1)}
"""Names of parts: the axis, and whether it is the lower or the upper end."""


@dataclass(frozen=True)
class Dirichlet:
    """u = value.

    Attributes:
        value: the boundary values.
        on: the part of the boundary.
        weak: imposed by Nitsche's method (J. Nitsche, 1971) instead of projection; always so in discontinuous spaces.
    """

    value: Data = 0.0
    on: Part = None
    weak: bool = False


@dataclass(frozen=True)
class Neumann:
    """κ∇u · n = flux; where no condition is given, the flux is 0."""

    flux: Data = 0.0
    on: Part = None


@dataclass(frozen=True)
class Robin:
    """κ∇u · n + transfer u = flux, with a transfer coefficient that is nowhere negative."""

    transfer: Data = 1.0
    flux: Data = 0.0
    on: Part = None


Condition: TypeAlias = Dirichlet | Neumann | Robin


def parts(conditions: Sequence[Condition], points: SidePoints) -> list[Array]:
    """Which quadrature points of the boundary each condition holds at; whole sides, decided at their centres.

    Raises:
        ProblemError: a part is empty or unknown, two overlap, or two conditions claim the rest.
    """
    claimed = np.zeros(points.weights.size, dtype=bool)
    masks: list[Array | None] = []
    for condition in conditions:
        mask = None if condition.on is None else _mask(condition.on, points)
        if mask is not None:
            if (mask & claimed).any():
                place = points.centres[:, np.argmax(mask & claimed)]
                raise ProblemError(f"two boundary conditions hold on the side at {np.round(place, 4).tolist()}")
            claimed |= mask
        masks.append(mask)
    if sum(mask is None for mask in masks) > 1:
        raise ProblemError("two boundary conditions name no part of the boundary: only one can have the rest")
    return [~claimed if mask is None else mask for mask in masks]


def _mask(part: str | Callable[[Array], Array], points: SidePoints) -> Array:
    centres = points.centres
    if callable(part):
        mask = np.asarray(part(centres))
        if mask.shape != points.weights.shape or mask.dtype != bool:
            raise ProblemError(
                f"a part of the boundary has to be a mask {points.weights.shape}; got {mask.dtype} {mask.shape}"
            )
    else:
        if part not in SIDES or SIDES[part][0] >= points.dimension:
            known = ", ".join(name for name, (axis, _) in SIDES.items() if axis < points.dimension)
            raise ProblemError(f"no part of the boundary is called {part!r}: choose from {known}")
        axis, upper = SIDES[part]
        along = centres[axis]
        end = along.max() if upper else along.min()
        mask = np.abs(along - end) < 1e-6 * np.ptp(along)
    if not mask.any():
        raise ProblemError("a boundary condition holds on no side of the mesh")
    return mask
