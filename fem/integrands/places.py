"""The points that an integral sums over: cells' points, or sides' with the two cells that meet there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np

from warpsmith.fem.integrands.elements import CellPoint, Elements
from warpsmith.fem.integrands.mesh import GRIDS, Floats, Mesh


@dataclass(frozen=True, eq=False)
class Point:
    """A quadrature point.

    Attributes:
        element: index of the cell, or of the side; a side's is never looked at.
        inner: the point in the cell, or in the side's inner cell.
        outer: the point in the side's outer cell; on the boundary, and in a cell, the inner one.
        measure: size of the element for one of the reference element's.
        weight: of the rule; those of an element sum to one.
        normal: of a side, from the inner to the outer cell, or outward.
    """

    element: int
    inner: CellPoint
    outer: CellPoint
    measure: float
    weight: float
    normal: Floats | None = None


@dataclass(frozen=True)
class Side:
    """A side of a mesh: its corners, in the order that its reference coordinates follow, and the cells it is of."""

    corners: tuple[int, ...]
    inner: int
    outer: int


def gauss(order: int, dimension: int) -> tuple[Floats, Floats]:
    """The tensor product of Gauss-Legendre rules on the unit interval that is exact for polynomials of that order."""
    x, w = np.polynomial.legendre.leggauss(order // 2 + 1)
    points = np.array(list(product((x + 1) / 2, repeat=dimension)))
    return points, np.array([np.prod(ws) for ws in product(w / 2, repeat=dimension)])


def cell_points(elements: Elements, rule: tuple[Floats, Floats]) -> Iterator[Point]:
    """Every cell's quadrature points."""
    for cell in range(len(elements.mesh.cells)):
        for local, weight in zip(*rule, strict=True):
            at = CellPoint(cell, local)
            yield Point(cell, at, at, elements.measure(at), float(weight))


def side_points(elements: Elements, sides: list[Side], rule: tuple[Floats, Floats]) -> Iterator[Point]:
    """The quadrature points of those sides."""
    for index, side in enumerate(sides):
        corners = elements.mesh.vertices[list(side.corners)]
        for local, weight in zip(*rule, strict=True):
            x, tangents = _on_side(corners, local)
            inner = elements.locate(side.inner, x)
            outer = inner if side.outer == side.inner else elements.locate(side.outer, x)
            away = x - elements.position(CellPoint(side.inner, np.full(len(x), 0.25)))
            normal, size = _normal(tangents)
            reference = 2 if len(x) == 3 and len(corners) == 3 else 1
            yield Point(index, inner, outer, size / reference, float(weight), normal * np.sign(np.dot(normal, away)))


def _on_side(corners: Floats, local: Floats) -> tuple[Floats, Floats]:
    """A side's point, and the derivatives of its position by the reference coordinates."""
    if len(corners) < 4:  # a segment or a triangle: barycentric
        return corners[0] + local @ (corners[1:] - corners[0]), corners[1:] - corners[0]
    a, b, c, d = corners  # (0, 0), (0, 1), (1, 0), (1, 1)
    u, v = local
    x = (1 - u) * (1 - v) * a + (1 - u) * v * b + u * (1 - v) * c + u * v * d
    return x, np.array([(1 - v) * (c - a) + v * (d - b), (1 - u) * (b - a) + u * (d - c)])


def _normal(tangents: Floats) -> tuple[Floats, float]:
    """A unit normal, and the size of the reference side's image."""
    t = tangents[0]
    n = np.array([t[1], -t[0]]) if len(tangents) == 1 else np.cross(t, tangents[1])
    size = float(np.linalg.norm(n))
    return n / size, size


@cache
def facets(mesh: Mesh) -> dict[frozenset[int], tuple[tuple[int, ...], list[int]]]:
    """Every side by its corners: them in order, and the cells that have it, lowest first."""
    found: dict[frozenset[int], tuple[tuple[int, ...], list[int]]] = {}
    for cell, corners in enumerate(mesh.cells.tolist()):
        for facet in _facets_of(corners, mesh):
            found.setdefault(frozenset(facet), (facet, []))[1].append(cell)
    return found


def _facets_of(corners: list[int], mesh: Mesh) -> list[tuple[int, ...]]:
    d = mesh.dimension
    if mesh.simplicial:
        return list(combinations(corners, d))
    bits = list(product((0, 1), repeat=d))
    return [tuple(corners[i] for i, b in enumerate(bits) if b[axis] == end) for axis in range(d) for end in (0, 1)]


def grid_sides(mesh: Mesh, *, boundary: bool) -> list[Side]:
    """The sides of a grid: the inner cell is the one at lower coordinates."""
    assert mesh.name in GRIDS
    rows = [(corners, cells) for corners, cells in facets(mesh).values() if not boundary or len(cells) == 1]
    return [Side(corners, cells[0], cells[-1]) for corners, cells in rows]


def told_sides(mesh: Mesh, told: Any, *, boundary: bool) -> list[Side]:
    """The sides of a mesh, where the geometry has the say which cell is inner and in what order corners come.

    Args:
        mesh: the mesh.
        told: for each side its corners and its two cells, as the geometry numbers them.
        boundary: those of one cell alone.

    Raises:
        ValueError: they are not the sides that the cells have.
    """
    own = facets(mesh)
    sides = [Side(tuple(corners), int(cells[0]), int(cells[1])) for corners, cells in told]
    said = {frozenset(s.corners): {s.inner, s.outer} for s in sides}
    if len(said) != len(sides) or said != {key: set(cells) for key, (_, cells) in own.items()}:
        raise ValueError(f"the sides of {mesh.name} are not those of its cells")
    return [s for s in sides if not boundary or s.inner == s.outer]
