"""Meshes of the unit square and the unit cube."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import warp as wp
import warp.fem as fem

from warpsmith.errors import ProblemError

Data = npt.NDArray[Any]
GEOMETRIES = {2: ("grid", "tri", "quad"), 3: ("grid", "tet", "hex", "adaptive")}
"""Names of geometries, by dimension."""

_GRIDS = ("grid", "adaptive")
_MOST_DISTORTED = 0.1


def make_geometry(name: str, dimension: int, resolution: int, dtype: Any = wp.float64, distortion: float = 0.0) -> Any:
    """A mesh of the unit square or cube.

    Args:
        name: ``grid``; in 2D ``tri`` or ``quad``; in 3D ``tet``, ``hex`` or ``adaptive``, a grid refined to an edge.
        dimension: 2 or 3.
        resolution: cells of the underlying grid along each axis, an even number if adaptive; a square is cut into two
            triangles, a cube into five tetrahedra.
        dtype: scalar type of Warp, float32 or float64.
        distortion: how far the vertices of a mesh are moved smoothly inside the domain, as a fraction of its size; 0
            leaves a regular mesh. Meshes stay valid up to 0.1.

    Returns:
        A ``warp.fem`` geometry.

    Raises:
        ProblemError: there is no such geometry.
    """
    if dimension not in GEOMETRIES:
        raise ProblemError(f"dimension {dimension} is neither 2 nor 3")
    if name not in GEOMETRIES[dimension]:
        raise ProblemError(f"no geometry {name!r} in {dimension}D: choose from {', '.join(GEOMETRIES[dimension])}")
    if resolution < 1:
        raise ProblemError(f"resolution {resolution} is not positive")
    if not 0 <= distortion <= _MOST_DISTORTED:
        raise ProblemError(f"distortion {distortion:g} is not between 0 and {_MOST_DISTORTED}")
    if name in _GRIDS and distortion:
        raise ProblemError("a grid cannot be distorted: choose a mesh")
    if name == "adaptive":
        if resolution % 2:
            raise ProblemError(f"resolution {resolution} is odd: cells of different sizes would not fit")
        return _adaptive(resolution, dtype)
    if name == "grid":
        grid, cells = (fem.Grid2D, wp.vec2i) if dimension == 2 else (fem.Grid3D, wp.vec3i)
        return grid(cells(resolution), scalar_type=dtype)
    vertices, cells_of, kind = mesh(name, resolution, distortion)
    return kind(wp.array(cells_of, dtype=int, ndim=2), wp.array(vertices, dtype=wp.types.vector(dimension, dtype)))


def mesh(name: str, resolution: int, distortion: float = 0.0) -> tuple[Data, Data, Callable[..., Any]]:
    """Vertices ``(n, dimension)``, cells ``(m, corners)`` in Warp's order of corners, and the class of geometries."""
    kind, dimension, cells = {
        "tri": (fem.Trimesh2D, 2, fem.utils.grid_to_tris),
        "quad": (fem.Quadmesh2D, 2, fem.utils.grid_to_quads),
        "tet": (fem.Tetmesh, 3, fem.utils.grid_to_tets),
        "hex": (fem.Hexmesh, 3, fem.utils.grid_to_hexes),
    }[name]
    axis = np.linspace(0.0, 1.0, resolution + 1)
    vertices = _lattice(axis, dimension)
    # Vanishes on the boundary, so that the domain stays as it is.
    bump = distortion * np.prod(np.sin(np.pi * vertices), axis=1, keepdims=True)
    return vertices + bump * np.cos(np.pi * vertices), cells(*[resolution] * dimension), kind


def _adaptive(resolution: int, dtype: Any) -> Any:
    """An octree of the unit cube: cells along the edge x = y = 0 are a quarter as large as those far from it."""
    levels, finest = 3, 4 * resolution
    cells, level_of = [], []
    for level in range(levels):
        corners = _lattice(np.arange(0, finest, 2**level), 3)
        distance = corners[:, :2].max(axis=1)
        inner = finest // 2 ** (levels - level) if level else 0
        here = (inner <= distance) & (distance < finest // 2 ** (levels - 1 - level))
        cells.append(corners[here])
        level_of.append(np.full(np.count_nonzero(here), level))
    voxels, size = np.concatenate(cells).astype(np.int32), 1 / finest
    volume = wp.Volume.allocate_by_voxels(wp.array(voxels, dtype=wp.vec3i), size, translation=(size / 2,) * 3)
    # A volume has an order of its own.
    known = dict(zip(map(tuple, voxels.tolist()), np.concatenate(level_of).tolist(), strict=True))
    found = wp.array([known[tuple(voxel)] for voxel in volume.get_voxels().numpy().tolist()], dtype=wp.uint8)
    return fem.AdaptiveNanogrid(volume, found, levels, None, scalar_type=dtype)


def _lattice(axis: Data, dimension: int) -> Data:
    return np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
