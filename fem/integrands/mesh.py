"""The small meshes that integrands are assembled on, in NumPy: vertices and cells; each fills the unit square or cube.

Inner vertices are moved a little, so that cells differ and quadrilaterals and hexahedra are curved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.fem.integrands.setting import DIMENSION

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

GRIDS = frozenset({"Grid2D", "Grid3D"})
SIMPLICIAL = frozenset({"Trimesh2D", "Tetmesh"})


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices and cells.

    Attributes:
        name: a key of :data:`fem.integrands.setting.DIMENSION`.
        vertices: positions, one row each.
        cells: vertex indices, one row per cell. A tensor cell lists its corners with the last axis running fastest,
            ``(0, 0), (0, 1), (1, 0), (1, 1)``; a simplex in an order of positive orientation.
    """

    name: str
    vertices: Floats
    cells: Ints

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.vertices.shape[1])

    @property
    def simplicial(self) -> bool:
        """Whether cells are triangles or tetrahedra."""
        return self.name in SIMPLICIAL


def make_mesh(name: str, cells: tuple[int, ...], shift: float = 0.0) -> Mesh:
    """The mesh of a setting.

    Args:
        name: a key of :data:`fem.integrands.setting.DIMENSION`.
        cells: along each axis; each square or cube of a simplicial mesh is cut into 2 triangles or 6 tetrahedra.
        shift: by how much the whole is moved along every axis.
    """
    return _made(name, cells, shift)


@cache
def _made(name: str, cells: tuple[int, ...], shift: float) -> Mesh:
    points = np.array(list(product(*(range(n + 1) for n in cells))), dtype=np.float64)
    vertices = points / np.array(cells)
    if name not in GRIDS:
        vertices += _moves(vertices, points, cells)
    corners = list(product((0, 1), repeat=len(cells)))
    strides = np.array([int(np.prod([n + 1 for n in cells[i + 1 :]])) for i in range(len(cells))])
    boxes = [[int(np.dot(np.add(o, c), strides)) for c in corners] for o in product(*(range(n) for n in cells))]
    rows = [row for box in boxes for row in _simplices(box, len(cells))] if name in SIMPLICIAL else boxes
    assert DIMENSION[name] == len(cells)
    return Mesh(name, vertices + shift, np.array(rows, dtype=np.int64))


def _moves(vertices: Floats, points: Floats, cells: tuple[int, ...]) -> Floats:
    """Small moves that keep every vertex on the faces of the unit cube that it lies on."""
    free = (points > 0) & (points < np.array(cells))
    waves = np.sin(3.0 + 5.0 * vertices @ np.array([1.0, 2.3, 3.1])[: len(cells)])
    return np.asarray(free * 0.11 * waves[:, None] * np.array([1.0, -0.8, 0.6])[: len(cells)])


def _simplices(box: list[int], dimension: int) -> list[list[int]]:
    """Kuhn's cut of a box along its main diagonal: one simplex per order of the axes."""
    rows = []
    for order in permutations(range(dimension)):
        corner = [0] * dimension
        row = [box[0]]
        for axis in order:
            corner[axis] = 1
            row.append(box[int("".join(map(str, corner)), 2)])
        if _parity(order):
            row[-1], row[-2] = row[-2], row[-1]
        rows.append(row)
    return rows


def _parity(order: tuple[int, ...]) -> bool:
    return bool(sum(a > b for i, a in enumerate(order) for b in order[i + 1 :]) % 2)


def corners_in_turn(mesh: Mesh) -> Any:
    """Cells of a quadrilateral or hexahedral mesh with each face's corners in turn, as ``warp.fem`` wants them."""
    order = [0, 2, 3, 1] if mesh.dimension == 2 else [0, 4, 6, 2, 1, 5, 7, 3]
    return mesh.cells[:, order]
