"""Meshes of the unit square and the unit cube."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import warp as wp
import warp.fem as fem

from warpsmith_errors import ProblemError

Data = npt.NDArray[Any]
GEOMETRIES = {2: ("grid", "tri", "quad"), 3: ("grid", "tet", "hex")}
"""Names of geometries, by dimension."""


def make_geometry(name: str, dimension: int, resolution: int, dtype: Any = wp.float64, distortion: float = 0.0) -> Any:
    """A mesh of the unit square or cube.

    Args:
        name: ``grid``; in 2D ``tri`` or ``quad``; in 3D ``tet`` or ``hex``.
        dimension: 2 or 3.
        resolution: cells of the underlying grid along each axis; a square is cut into two triangles, a cube into five
            tetrahedra.
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
    if not 0 <= distortion <= 0.1:
        raise ProblemError(f"distortion {distortion:g} is not between 0 and 0.1")
    if name == "grid":
        if distortion:
            raise ProblemError("a grid cannot be distorted: choose a mesh")
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
    vertices = np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    # Vanishes on the boundary, so that the domain stays as it is.
    bump = distortion * np.prod(np.sin(np.pi * vertices), axis=1, keepdims=True)
    return vertices + bump * np.cos(np.pi * vertices), cells(*[resolution] * dimension), kind
