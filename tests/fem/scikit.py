"""Manufactured problems solved by scikit-fem, as a witness: its assembly and rules, and SciPy's direct solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import skfem
import skfem.helpers as helpers

from warpsmith.fem.poisson.data import Array
from warpsmith.fem.poisson.geometry import mesh
from warpsmith.fem.poisson.manufactured import Exact

MESHES: dict[str, Any] = {
    "tri": skfem.MeshTri,
    "quad": skfem.MeshQuad,
    "tet": skfem.MeshTet,
    "hex": skfem.MeshHex,
}
ELEMENTS: dict[tuple[str, int], Any] = {
    ("tri", 1): skfem.ElementTriP1,
    ("tri", 2): skfem.ElementTriP2,
    ("tri", 3): skfem.ElementTriP3,
    ("quad", 1): skfem.ElementQuad1,
    ("quad", 2): skfem.ElementQuad2,
    ("tet", 1): skfem.ElementTetP1,
    ("tet", 2): skfem.ElementTetP2,
    ("hex", 1): skfem.ElementHex1,
    ("hex", 2): skfem.ElementHex2,
}
"""Lagrange elements that scikit-fem has with nodes."""


@skfem.BilinearForm
def stiffness(u: Any, v: Any, w: Any) -> Any:
    return helpers.dot(helpers.grad(u), helpers.grad(v))


def basis(name: str, degree: int, resolution: int, distortion: float = 0.0, order: int | None = None) -> Any:
    """The same mesh and element."""
    vertices, cells, _ = mesh(name, resolution, distortion)
    return skfem.Basis(_mesh(name, vertices, cells), ELEMENTS[name, degree](), intorder=order or 2 * degree + 3)


def _mesh(name: str, vertices: Array, cells: Array) -> Any:
    corners = _hex_corners(vertices, cells) if name == "hex" else cells
    return MESHES[name](np.ascontiguousarray(vertices.T), np.ascontiguousarray(np.asarray(corners).T))


def _hex_corners(vertices: Array, cells: Array) -> Array:
    """Corners sorted by where they are, on meshes whose cells are no further from cubes than ours."""
    cells = np.asarray(cells)
    centred = vertices[cells] - vertices[cells].mean(axis=1, keepdims=True)
    bits = (centred > 0).astype(int) @ np.array([1, 2, 4])  # x, y, z
    return np.take_along_axis(cells, np.argsort(bits, axis=1)[:, [0, 4, 2, 1, 6, 5, 3, 7]], axis=1)


def assemble(space: Any, exact: Exact) -> tuple[Any, Array, Array]:
    """The matrix, the right-hand side and the Dirichlet values of −Δu = f."""

    @skfem.LinearForm
    def load(v: Any, w: Any) -> Any:
        x = w.x.reshape(len(w.x), -1)
        return -exact.hessian(x).trace().reshape(w.x.shape[1:]) * v

    known = np.zeros(space.N)
    nodes = space.get_dofs().all()
    known[nodes] = exact.value(space.doflocs[:, nodes])
    return stiffness.assemble(space), load.assemble(space), known


def solve(space: Any, exact: Exact) -> Array:
    """−Δu = f with Dirichlet conditions, at the nodes ``space.doflocs``."""
    matrix, rhs, known = assemble(space, exact)
    return np.asarray(skfem.solve(*skfem.condense(matrix, rhs, x=known, D=space.get_dofs())))


def l2_error(space: Any, values: Array, exact: Exact) -> float:
    """The L2 norm of the error."""

    @skfem.Functional
    def square(w: Any) -> Any:
        return (w["u"] - exact.value(w.x.reshape(len(w.x), -1)).reshape(w.x.shape[1:])) ** 2

    return float(np.sqrt(square.assemble(space, u=space.interpolate(values))))


def pair(left: Array, right: Array) -> Array:
    """Which of ``right``, positions ``(d, n)``, are those of ``left``; both in any order."""

    def order(x: Array) -> Array:
        return np.lexsort(np.round(x, 6))

    found = np.empty(left.shape[1], dtype=int)
    found[order(left)] = order(right)
    np.testing.assert_allclose(left, right[:, found], atol=1e-9)
    return found
