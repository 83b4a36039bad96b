"""Elements and shape functions in NumPy: where a point of a cell lies, and what the nodes' functions are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from warpsmith.fem.integrands.mesh import Floats, Ints, Mesh
from warpsmith.fem.integrands.setting import Space

_CLOSE = 1e-5  # world positions that Warp holds in float32


@dataclass(frozen=True, eq=False)
class CellPoint:
    """A point within a cell.

    Attributes:
        cell: its index.
        local: coordinates in the reference square or cube, or the barycentric ones of all corners but the first.
    """

    cell: int
    local: Floats


def _lagrange(degree: int, x: float) -> tuple[Floats, Floats]:
    """Values and slopes at ``x`` of the Lagrange polynomials whose nodes are 0, 1/2, 1 as far as the degree goes."""
    if degree == 0:
        return np.ones(1), np.zeros(1)
    if degree == 1:
        return np.array([1 - x, x]), np.array([-1.0, 1.0])
    values = np.array([(1 - x) * (1 - 2 * x), 4 * x * (1 - x), x * (2 * x - 1)])
    return values, np.array([4 * x - 3, 4 - 8 * x, 4 * x - 1])


@cache
def reference_nodes(simplicial: bool, dimension: int, degree: int) -> Floats:
    """Nodes of the complete or the tensor product polynomials, in reference coordinates; degree 0 has the centre."""
    if degree == 0:
        return np.full((1, dimension), 1 / (dimension + 1) if simplicial else 0.5)
    nodes = np.array(list(product(range(degree + 1), repeat=dimension))) / degree
    return nodes[nodes.sum(axis=1) <= 1 + _CLOSE] if simplicial else nodes


@cache
def _monomials(dimension: int, degree: int) -> Ints:
    powers = np.array(list(product(range(degree + 1), repeat=dimension)))
    return np.asarray(powers[powers.sum(axis=1) <= degree])


@cache
def _coefficients(dimension: int, degree: int) -> Floats:
    nodes, powers = reference_nodes(True, dimension, degree), _monomials(dimension, degree)
    return np.linalg.inv(np.prod(nodes[:, None, :] ** powers[None], axis=2))


def shape_functions(simplicial: bool, degree: int, local: Floats) -> tuple[Floats, Floats]:
    """Values, and slopes by the reference coordinates, of each node's function, in the order of the nodes."""
    d = len(local)
    if simplicial:
        powers, c = _monomials(d, degree), _coefficients(d, degree)
        values = np.prod(local**powers, axis=1) @ c
        lowered = np.maximum(powers[:, None, :] - np.eye(d, dtype=int), 0)
        slopes = (powers * np.prod(local**lowered, axis=2)).T @ c
        return values, slopes.T
    parts = [_lagrange(degree, float(x)) for x in local]
    indices = list(product(range(len(parts[0][0])), repeat=d))
    values = np.array([np.prod([parts[a][0][i[a]] for a in range(d)]) for i in indices])
    slopes = np.array(
        [[np.prod([parts[a][int(a == axis)][i[a]] for a in range(d)]) for axis in range(d)] for i in indices]
    )
    return values, slopes


class Elements:
    """A mesh's cells as maps from the reference element.

    Args:
        mesh: the mesh.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh

    def position(self, at: CellPoint) -> Floats:
        """Where the point lies."""
        values, _ = shape_functions(self.mesh.simplicial, 1, at.local)
        return np.asarray(values @ self._corners(at.cell))

    def jacobian(self, at: CellPoint) -> Floats:
        """The derivative of the position by the reference coordinates."""
        _, slopes = shape_functions(self.mesh.simplicial, 1, at.local)
        return np.asarray(self._corners(at.cell).T @ slopes)

    def measure(self, at: CellPoint) -> float:
        """The cell's size for one of the reference element's."""
        reference = {2: 2, 3: 6}[self.mesh.dimension] if self.mesh.simplicial else 1
        return float(abs(np.linalg.det(self.jacobian(at))) / reference)

    def locate(self, cell: int, x: Floats) -> CellPoint:
        """The point of a cell at a position, inside or out: Newton's method, which ends at once for affine cells."""
        local = np.full(self.mesh.dimension, 0.25)
        for _ in range(30):
            at = CellPoint(cell, local)
            step = np.linalg.solve(self.jacobian(at), x - self.position(at))
            local = local + step
            if np.abs(step).max() < 1e-13:
                break
        return CellPoint(cell, local)

    def containing(self, x: Floats) -> CellPoint:
        """A point of a grid at a position: of the first cell that has it, and moved onto the grid from outside."""
        low, high = self.mesh.vertices.min(axis=0), self.mesh.vertices.max(axis=0)
        inside = np.clip(x, low, high)
        found = (self.locate(cell, inside) for cell in range(len(self.mesh.cells)))
        return next(at for at in found if ((at.local > -_CLOSE) & (at.local < 1 + _CLOSE)).all())

    def _corners(self, cell: int) -> Floats:
        corners = self.mesh.vertices[self.mesh.cells[cell]]
        return np.asarray(corners[_corner_order(self.mesh.dimension)] if self.mesh.simplicial else corners)


@cache
def _corner_order(dimension: int) -> list[int]:
    """A simplex's corners in the order of the reference nodes: the origin, then the last axis first."""
    return [0, *range(dimension, 0, -1)]


class Nodes:
    """The nodes of a space on a mesh.

    Args:
        elements: the mesh's cells.
        space: the space.
        positions: of every node, in the order of the space; as Warp has them, but for the float32.
        twin: the same for the discontinuous space, whose nodes come cell by cell in the order within the element.
    """

    def __init__(self, elements: Elements, space: Space, positions: Floats, twin: Floats) -> None:
        self.elements, self.space = elements, space
        mesh = elements.mesh
        self.count = len(positions)
        self.reference = reference_nodes(mesh.simplicial, mesh.dimension, space.degree)
        n = len(self.reference)
        self.of_cell = np.empty((len(mesh.cells), n), dtype=np.int64)
        self.in_order = np.empty((len(mesh.cells), n), dtype=np.int64)
        for cell in range(len(mesh.cells)):
            places = np.array([elements.position(CellPoint(cell, local)) for local in self.reference])
            own = twin[cell * n : (cell + 1) * n]
            here = [_nearest(own, place) for place in places]
            self.in_order[cell, here] = np.arange(n)
            if space.degree == 0 or space.discontinuous:
                self.of_cell[cell] = cell * n + np.array(here)
            else:
                self.of_cell[cell] = [_nearest(positions, place) for place in places]

    def functions(self, at: CellPoint) -> tuple[Ints, Floats, Floats]:
        """At a point of a cell: the cell's nodes, their functions' values, and their gradients."""
        values, slopes = shape_functions(self.elements.mesh.simplicial, self.space.degree, at.local)
        return self.of_cell[at.cell], values, slopes @ np.linalg.inv(self.elements.jacobian(at))

    def place(self, cell: int, index: int) -> CellPoint:
        """Where the node of that index within the element lies."""
        return CellPoint(cell, self.reference[self.in_order[cell, index]])


def _nearest(positions: Floats, place: Any) -> int:
    distances = np.abs(positions - place).max(axis=1)
    found = int(distances.argmin())
    if distances[found] > _CLOSE:
        raise ValueError(f"no node at {place}")
    return found
