"""What the names in an integrand's source stand for when it is evaluated: samples, fields and domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warpsmith.fem.integrands.elements import CellPoint, Nodes
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.places import Point
from warpsmith.fem.integrands.setting import FieldArgument
from warpsmith.fem.integrands.world import World


@dataclass(frozen=True)
class Dof:
    """A component of a node's function: on a side the function counts in one cell alone."""

    node: int
    component: int
    where: str  # "inner", "outer", or "both"


@dataclass(frozen=True)
class Precision:
    """How exactly an integrand is evaluated.

    Attributes:
        floating: the NumPy type of its floating-point numbers.
        way: 1 or -1 to move what an operator yields by a few units in the last place, up or down: Warp computes
            positions, weights and gradients in float32, and may miss a zero or a whole number, where a program jumps.
    """

    floating: type[Any]
    way: int = 0

    def moved(self, result: Any) -> Any:
        """What an operator yields; every other component is moved the other way."""
        if not self.way or not isinstance(result, (np.floating, np.ndarray)) or result.dtype.kind != "f":
            return result
        signs = np.where(np.arange(np.size(result)) % 2, -self.way, self.way).reshape(np.shape(result))
        unit = _UNITS * np.finfo(self.floating).eps * max(1.0, float(np.abs(result).max()))
        return (result + signs * unit).astype(self.floating)[()]

    def around(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """An operator whose results are moved."""
        return (lambda *operands: self.moved(f(*operands))) if self.way else f


_UNITS = 4.0


class Sample:
    """``s`` in the source."""

    def __init__(self, point: Point | None, inner: CellPoint, outer: CellPoint, element: int) -> None:
        self.point, self.inner, self.outer = point, inner, outer
        self.element_index = np.int32(element)


class Field:
    """A field argument in the source."""

    def __init__(self, argument: FieldArgument, nodes: Nodes, precision: Precision, values: Floats | None) -> None:
        self.argument, self.nodes, self.precision, self.values = argument, nodes, precision, values
        self.components = nodes.elements.mesh.dimension if argument.space.vector else 1
        self.dof: Dof | None = None
        self.signs: Mapping[str, Floats] = {}
        self._functions: dict[CellPoint, Any] = {}

    def __call__(self, s: Sample) -> Any:
        """The value at the sample."""
        return self.precision.moved(self.value(s.inner, "inner"))

    def scatter(self) -> None:
        """Give every node's function a sign of its own on either side, so that no two of them cancel."""
        assert self.values is not None
        generator = np.random.Generator(np.random.PCG64(0))
        self.signs = {where: generator.choice([-1.0, 1.0], self.values.shape) for where in ("inner", "outer")}

    def functions(self, at: CellPoint) -> Any:
        """See :meth:`fem.integrands.elements.Nodes.functions`."""
        found = self._functions.get(at)
        if found is None:
            found = self._functions[at] = self.nodes.functions(at)
        return found

    def weights(self, at: CellPoint, where: str) -> tuple[Floats, Floats]:
        """One row per component: the value, and the gradient, at a point of a cell."""
        of_cell, values, slopes = self.functions(at)
        if self.values is not None:
            c = self.values[of_cell]
            if self.signs:
                c = c * self.signs[where][of_cell]
            return values @ c, (c.T @ slopes)
        assert self.dof is not None
        value, slope = np.zeros(self.components), np.zeros((self.components, len(at.local)))
        if self.dof.where in (where, "both"):
            hit = of_cell == self.dof.node
            value[self.dof.component] = values[hit].sum()
            slope[self.dof.component] = slopes[hit].sum(axis=0)
        return value, slope

    def value(self, at: CellPoint, where: str) -> Any:
        """The value at a point of a cell; of a test or trial function, what it has on that side."""
        return self._shaped(self.weights(at, where)[0])

    def gradient(self, at: CellPoint, where: str) -> Any:
        """The gradient there: of a vector, one row per component."""
        return self._shaped(self.weights(at, where)[1])

    def _shaped(self, rows: Floats) -> Any:
        out = rows if self.argument.space.vector else rows[0]
        return np.asarray(out).astype(self.precision.floating)[()]


class Domain:
    """``domain`` in the source."""

    def __init__(self, world: World, precision: Precision, cells: bool = False) -> None:
        self.world, self.precision = world, precision
        self.cells = cells or world.setting.domain == "cells"

    def __call__(self, s: Sample) -> Any:
        """The position of the sample."""
        precision = self.precision
        return precision.moved(self.world.elements.position(s.inner).astype(precision.floating))
