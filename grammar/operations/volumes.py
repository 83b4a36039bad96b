"""Volumes: what their voxels hold, what lies between them, and where they are in the world."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar.operations.operation import Observation
from warpsmith.grammar.operations.rounding import EPSILON

Pair: TypeAlias = tuple[Any, Any]
"""A value and its error."""

INF = float("inf")
STEPS = 64 * EPSILON[wp.float32]
"""Rounding of a computation of some dozens of steps, relative to the largest number in it."""


def wide(value: Any) -> Any:
    """In float64."""
    return np.asarray(value, np.float64)


def largest(*values: Any) -> float:
    """The largest number among them; at least 1."""
    return max(1.0, *(float(np.abs(wide(v)).max(initial=0.0)) for v in values))


CLOSEST, LINEAR = 0, 1
"""``wp.Volume.CLOSEST`` and ``wp.Volume.LINEAR``."""


def voxel(volume: Any, i: int, j: int, k: int) -> Any:
    """The value of a voxel; outside there are zeros."""
    extent = len(volume["voxels"])
    if all(0 <= n < extent for n in (i, j, k)):
        return wide(volume["voxels"][i, j, k])
    return np.zeros(volume["voxels"].shape[3:])


def lookup(volume: Any, off: float, i: Any, j: Any, k: Any) -> list[Pair]:
    """The value of one voxel."""
    return [(voxel(volume, int(i), int(j), int(k)), 0.0)]


def sample(volume: Any, off: float, uvw: Any, mode: Any = CLOSEST) -> list[Pair]:
    """The closest voxel's value, halves rounded away from zero; or interpolated between eight."""
    if mode not in (CLOSEST, LINEAR):
        raise UndefinedError(f"sampling mode {mode}")
    uvw = wide(uvw)
    if mode == CLOSEST:
        nearest = np.copysign(np.floor(np.abs(uvw) + 0.5), uvw)
        tie = bool(off and (np.abs(np.abs(uvw - np.trunc(uvw)) - 0.5) <= off).any())
        return [(voxel(volume, *map(int, nearest)), INF if tie else 0.0)]
    base = np.floor(uvw)
    share = uvw - base
    total = np.zeros(volume["voxels"].shape[3:])
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, share, 1 - share))
        total = total + weight * voxel(volume, *(int(b) + c for b, c in zip(base, corner, strict=True)))
    return [(total, STEPS * largest(volume["voxels"]) + 6 * off * largest(volume["voxels"]))]


def transformed(to_world: bool, direction: bool) -> Observation:
    """From index space to the world, or back; directions are not moved."""

    def observation(volume: Any, off: float, point: Any) -> list[Pair]:
        edge, origin = float(volume["edge"]), np.zeros(3) if direction else wide(volume["corner"])
        moved = wide(point) * edge + origin if to_world else (wide(point) - origin) / edge
        return [(moved, off * max(edge, 1 / edge) + STEPS * largest(moved, origin, point, origin / edge))]

    return observation
