"""A setting in numbers: all that an integrand's meaning depends on beside the integrand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from warpsmith.fem.integrands.elements import Elements, Nodes
from warpsmith.fem.integrands.mesh import Mesh
from warpsmith.fem.integrands.places import Point
from warpsmith.fem.integrands.setting import Setting


@dataclass(frozen=True, eq=False)
class World:
    """Everything that is not the integrand's own.

    Attributes:
        setting: where it is integrated.
        elements: the mesh's cells.
        points: what is summed over.
        nodes: of each field's space, by the field's name.
    """

    setting: Setting
    elements: Elements
    points: tuple[Point, ...]
    nodes: Mapping[str, Nodes]

    @property
    def mesh(self) -> Mesh:
        """The mesh."""
        return self.elements.mesh
