"""From a setting to the objects of ``warp.fem``: geometry, domain, spaces, fields; and the assembled result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import warp as wp

from warpsmith.fem.integrands.elements import Elements, Nodes
from warpsmith.fem.integrands.mesh import GRIDS, Mesh, corners_in_turn, make_mesh
from warpsmith.fem.integrands.places import Side, cell_points, gauss, grid_sides, side_points, told_sides
from warpsmith.fem.integrands.setting import FieldArgument, Setting, Space, vector
from warpsmith.fem.integrands.world import World

Data: TypeAlias = npt.NDArray[Any]


@cache
def _fem() -> Any:
    """``warp.fem``: importing it takes a second, and most commands have no use for it."""
    import warp.fem

    return warp.fem


@contextmanager
def quiet() -> Iterator[None]:
    """Warp says nothing of the modules that it loads."""
    before, wp.config.log_level = wp.config.log_level, wp.LOG_WARNING
    try:
        yield
    finally:
        wp.config.log_level = before


@contextmanager
def quickly() -> Iterator[None]:
    """Warp compiles without optimisation: every integrand is compiled anew and runs once, on a few cells."""
    before, wp.config.optimization_level = wp.config.optimization_level, 0
    try:
        yield
    finally:
        wp.config.optimization_level = before


@dataclass(frozen=True, eq=False)
class Inputs:
    """What an integrand is given beside its setting.

    Attributes:
        fields: name of a discrete field to its values, one row per node, in the order of the space's nodes.
        values: name of a value parameter to its value.
        shift: by how much the geometry is moved along every axis.
    """

    fields: Mapping[str, Data]
    values: Mapping[str, Data]
    shift: float = 0.0


@dataclass(frozen=True, eq=False)
class Assembly:
    """The objects that ``warp.fem.integrate`` takes.

    Attributes:
        domain: what is integrated over.
        quadrature: the rule.
        fields: by parameter.
        values: by parameter.
        assembly: how the form is assembled.
    """

    domain: Any
    quadrature: Any
    fields: dict[str, Any]
    values: dict[str, Any]
    assembly: str

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``warp.fem.integrate``."""
        return {
            "quadrature": self.quadrature,
            "fields": self.fields,
            "values": self.values,
            "assembly": self.assembly if self.fields and self._tested else None,
        }

    @property
    def _tested(self) -> bool:
        return any(isinstance(f, _fem().field.TestField) for f in self.fields.values())


@cache
def make_geometry(name: str, cells: tuple[int, ...], shift: float = 0.0) -> Any:
    """The geometry of that name on the unit square or cube, moved by ``shift`` along every axis."""
    mesh = make_mesh(name, cells, shift)
    low, high = (shift,) * len(cells), (1.0 + shift,) * len(cells)
    if name == "Grid2D":
        return _fem().Grid2D(res=wp.vec2i(*cells), bounds_lo=wp.vec2(*low), bounds_hi=wp.vec2(*high))
    if name == "Grid3D":
        return _fem().Grid3D(res=wp.vec3i(*cells), bounds_lo=wp.vec3(*low), bounds_hi=wp.vec3(*high))
    positions = wp.array(mesh.vertices.astype(np.float32), dtype=vector(mesh.dimension), device="cpu")
    rows = mesh.cells if mesh.simplicial else corners_in_turn(mesh)
    indices = wp.array(rows.astype(np.int32), dtype=wp.int32, ndim=2, device="cpu")
    return getattr(_fem(), name)(indices, positions)


@cache
def make_space(name: str, cells: tuple[int, ...], space: Space, shift: float = 0.0) -> Any:
    """The function space on that geometry."""
    geometry = make_geometry(name, cells, shift)
    return _fem().make_polynomial_space(
        geometry,
        degree=space.degree,
        dtype=vector(geometry.dimension) if space.vector else wp.float32,
        discontinuous=space.discontinuous,
    )


@cache
def make_domain(name: str, cells: tuple[int, ...], domain: str, shift: float = 0.0) -> Any:
    """The domain of integration."""
    kind = {"cells": _fem().Cells, "boundary": _fem().BoundarySides, "sides": _fem().Sides}[domain]
    return kind(make_geometry(name, cells, shift))


@cache
def _virtual(role: str, name: str, cells: tuple[int, ...], domain: str, space: Space, shift: float, bare: bool) -> Any:
    # ``bare`` is in the signature for the cache: what is made for code generation alone is not used to integrate.
    make = _fem().make_test if role == "test" else _fem().make_trial
    return make(space=make_space(name, cells, space, shift), domain=make_domain(name, cells, domain, shift))


def _field(f: FieldArgument, setting: Setting, inputs: Inputs | None) -> Any:
    shift = inputs.shift if inputs else 0.0
    if f.role != "field":
        return _virtual(f.role, setting.geometry, setting.cells, setting.domain, f.space, shift, inputs is None)
    made = make_space(setting.geometry, setting.cells, f.space, shift).make_field()
    if inputs is not None:
        values = np.asarray(inputs.fields[f.name], dtype=np.float32)
        made.dof_values = values if f.space.vector else values[:, 0]
    return made if setting.domain == "cells" else made.trace()


def make_assembly(setting: Setting, inputs: Inputs | None = None) -> Assembly:
    """What ``warp.fem`` needs to assemble in a setting.

    Args:
        setting: where the integrand is integrated.
        inputs: what its fields and values hold; without, nothing is said of that, which does for generating code.
    """
    shift = inputs.shift if inputs else 0.0
    values = {name: _value(t, inputs.values[name]) for name, t in setting.values} if inputs else {}
    with quiet():
        domain = make_domain(setting.geometry, setting.cells, setting.domain, shift)
        fields = {f.name: _field(f, setting, inputs) for f in setting.fields}
        return Assembly(domain, _fem().RegularQuadrature(domain, setting.order), fields, values, setting.assembly)


def _value(t: Any, data: Data) -> Any:
    return t(*np.ravel(data).tolist()) if np.ndim(data) else t(data.item())


def assembled(integrand: Any, assembly: Assembly) -> Data:
    """What Warp assembles: a number, a vector with one row per node, or a dense matrix in blocks, in NumPy.

    Args:
        integrand: decorated with ``warp.fem.integrand``.
        assembly: where.

    Returns:
        ``()``, ``(nodes, components)``, or ``(nodes, components, nodes, components)`` with test before trial.
    """
    with quiet(), quickly():
        found = _fem().integrate(integrand, domain=assembly.domain, output_dtype=wp.float64, **assembly.arguments())
        return _dense(found)


def _dense(found: Any) -> Data:
    if isinstance(found, wp.array):
        return np.asarray(found.numpy(), dtype=np.float64).reshape(found.shape[0], -1)
    if not hasattr(found, "uncompress_rows"):
        return np.asarray(found, dtype=np.float64)
    rows, columns, blocks = found.uncompress_rows().numpy(), found.columns.numpy(), found.values.numpy()
    r, c = found.block_shape
    dense = np.zeros((found.nrow, r, found.ncol, c))
    for k in range(found.nnz_sync()):
        dense[rows[k], :, columns[k], :] += blocks[k].reshape(r, c)
    return dense


def make_world(setting: Setting, shift: float = 0.0) -> World:
    """A setting in numbers, for :func:`fem.integrands.meaning.evaluate`.

    Args:
        setting: where the integrand is integrated.
        shift: by how much the geometry is moved along every axis.
    """
    return _world(replace(setting, fields=setting.fields, values=()), shift)


@lru_cache(maxsize=64)
def _world(setting: Setting, shift: float) -> World:
    mesh = make_mesh(setting.geometry, setting.cells, shift)
    elements = Elements(mesh)
    with quiet():
        nodes = {f.name: _nodes(elements, setting, f.space, shift) for f in setting.fields}
        if setting.domain == "cells":
            points = tuple(cell_points(elements, _rule(setting, mesh.dimension, mesh.simplicial, shift)))
        else:
            flat = mesh.simplicial and mesh.dimension == 3
            rule = _rule(setting, mesh.dimension - 1, flat, shift)
            points = tuple(side_points(elements, _sides(mesh, setting, shift), rule))
    return World(setting, elements, points, nodes)


def _rule(setting: Setting, dimension: int, simplicial: bool, shift: float) -> tuple[Data, Data]:
    if not simplicial:
        return gauss(setting.order, dimension)
    domain = make_domain(setting.geometry, setting.cells, setting.domain, shift)
    quadrature = _fem().RegularQuadrature(domain, setting.order)
    points, weights = np.array(quadrature.points, dtype=np.float64), np.array(quadrature.weights, dtype=np.float64)
    # A triangle's points are barycentric in all three corners, a tetrahedron's in all but the first.
    return points[:, 1:] if dimension == 2 else points, weights


def _nodes(elements: Elements, setting: Setting, space: Space, shift: float) -> Nodes:
    positions, twin = (
        np.array(make_space(setting.geometry, setting.cells, s, shift).node_positions().numpy(), dtype=np.float64)
        for s in (Space(space.degree, False, space.discontinuous), Space(space.degree, False, True))
    )
    return Nodes(elements, space, positions, twin)


def _sides(mesh: Mesh, setting: Setting, shift: float) -> list[Side]:
    boundary = setting.domain == "boundary"
    if mesh.name in GRIDS:
        return grid_sides(mesh, boundary=boundary)
    geometry = make_geometry(setting.geometry, setting.cells, shift)
    edges = mesh.dimension == 2
    corners = (geometry.edge_vertex_indices if edges else geometry.face_vertex_indices).numpy()
    kind = {"Trimesh2D": "tri", "Quadmesh2D": "quad", "Tetmesh": "tet", "Hexmesh": "hex"}[mesh.name]
    cells = getattr(geometry, f"{'edge' if edges else 'face'}_{kind}_indices").numpy()
    if kind == "hex":  # a face's corners come in turn
        corners = corners[:, [0, 3, 1, 2]]
    return told_sides(mesh, zip(corners.tolist(), cells.tolist(), strict=True), boundary=boundary)
