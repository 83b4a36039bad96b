"""Where an integrand is integrated: geometry, domain, spaces of its fields, quadrature and way of assembling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.program import Launch
from warpsmith.grammar.types import Value

DIMENSION = {"Grid2D": 2, "Grid3D": 3, "Trimesh2D": 2, "Quadmesh2D": 2, "Tetmesh": 3, "Hexmesh": 3}
"""The geometries that integrands are assembled on, and their dimension; the simplest first."""

DOMAINS = ("cells", "boundary", "sides")
"""Over what is integrated: cells, sides on the boundary, all sides."""


@dataclass(frozen=True)
class Space:
    """A polynomial function space.

    Attributes:
        degree: of the shape functions, 0 to 2; degree 0 is piecewise constant.
        vector: whether its values are vectors of the geometry's dimension, or scalars.
        discontinuous: whether each cell has nodes of its own.
    """

    degree: int
    vector: bool = False
    discontinuous: bool = False


@dataclass(frozen=True)
class FieldArgument:
    """A field that the integrand takes.

    Attributes:
        name: the parameter's name.
        role: ``test``, ``trial``, or ``field`` for a discrete field with known values.
        space: where it lives.
    """

    name: str
    role: str
    space: Space

    def type(self, dimension: int) -> Value:
        """The type of its values on a geometry of that dimension."""
        return vector(dimension) if self.space.vector else wp.float32


@dataclass(frozen=True)
class Setting(Launch):
    """How an integrand is integrated: what a launch is to a kernel.

    Attributes:
        geometry: a key of :data:`DIMENSION`.
        cells: cells along each axis.
        domain: one of :data:`DOMAINS`.
        order: polynomial order that the quadrature is exact for.
        assembly: ``dispatch`` or ``generic``; see ``warp.fem.integrate``.
        fields: in the order of the parameters.
        values: names and types of the other parameters, in order.
    """

    geometry: str = "Grid2D"
    cells: tuple[int, ...] = (2, 2)
    domain: str = "cells"
    order: int = 2
    assembly: str = "dispatch"
    fields: tuple[FieldArgument, ...] = ()
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def dimension(self) -> int:
        """Of the geometry, 2 or 3."""
        return DIMENSION[self.geometry]

    def role(self, role: str) -> FieldArgument | None:
        """The test or trial function, if there is one."""
        return next((f for f in self.fields if f.role == role), None)

    def describe(self) -> dict[str, Any]:
        """See :meth:`grammar.program.Launch.describe`."""
        return {
            "geometry": self.geometry,
            "cells": list(self.cells),
            "domain": self.domain,
            "order": self.order,
            "assembly": self.assembly,
            "fields": [
                {
                    "name": f.name,
                    "role": f.role,
                    "degree": f.space.degree,
                    "vector": f.space.vector,
                    "discontinuous": f.space.discontinuous,
                }
                for f in self.fields
            ],
            "values": [{"name": name, "type": types.name(t)} for name, t in self.values],
        }


def vector(dimension: int) -> Value:
    """``vec2f`` or ``vec3f``."""
    return types.the("vec", (dimension,), wp.float32)


def matrix(dimension: int) -> Value:
    """``mat22f`` or ``mat33f``."""
    return types.the("mat", (dimension, dimension), wp.float32)
