"""What an integrand means: quadrature in NumPy over the same elements, with operators from their definitions.

Of Warp's objects it is given numbers alone: where nodes are and how they are numbered, the points of a simplex's rule,
and which of a side's cells a mesh calls inner. All else is computed here: maps, shape functions, gradients, normals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warpsmith.fem.integrands.elements import At, Elements, Nodes
from warpsmith.fem.integrands.mesh import Floats, Mesh
from warpsmith.fem.integrands.places import Point
from warpsmith.fem.integrands.reference import run
from warpsmith.fem.integrands.setting import FieldArgument, Setting
from warpsmith.grammar.program import Program


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


@dataclass(frozen=True, eq=False)
class Meaning:
    """What an assembly must give.

    Attributes:
        value: shaped as :func:`fem.integrands.assemble.assembled` shapes it.
        error: in the same shape: how far a correct result may be off; infinite where nothing is settled.
        size: in the same shape: the sum of the absolute values that were added.
    """

    value: Floats
    error: Floats
    size: Floats


@dataclass(frozen=True)
class _Dof:
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

    def __init__(self, point: Point | None, inner: At, outer: At, element: int) -> None:
        self.point, self.inner, self.outer = point, inner, outer
        self.element_index = np.int32(element)


class Field:
    """A field argument in the source."""

    def __init__(self, argument: FieldArgument, nodes: Nodes, precision: Precision, values: Floats | None) -> None:
        self.argument, self.nodes, self.precision, self.values = argument, nodes, precision, values
        self.components = nodes.elements.mesh.dimension if argument.space.vector else 1
        self.dof: _Dof | None = None
        self.signs: Mapping[str, Floats] = {}
        self._functions: dict[At, Any] = {}

    def __call__(self, s: Sample) -> Any:
        """The value at the sample."""
        return self.precision.moved(self.value(s.inner, "inner"))

    def scatter(self) -> None:
        """Give every node's function a sign of its own on either side, so that no two of them cancel."""
        assert self.values is not None
        generator = np.random.Generator(np.random.PCG64(0))
        self.signs = {where: generator.choice([-1.0, 1.0], self.values.shape) for where in ("inner", "outer")}

    def functions(self, at: At) -> Any:
        """See :meth:`fem.integrands.elements.Nodes.functions`."""
        found = self._functions.get(at)
        if found is None:
            found = self._functions[at] = self.nodes.functions(at)
        return found

    def weights(self, at: At, where: str) -> tuple[Floats, Floats]:
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

    def value(self, at: At, where: str) -> Any:
        """The value at a point of a cell; of a test or trial function, what it has on that side."""
        return self._shaped(self.weights(at, where)[0])

    def gradient(self, at: At, where: str) -> Any:
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


def operators(world: World, precision: Precision) -> dict[str, Callable[..., Any]]:
    """What ``fem.`` stands for."""
    return {name: precision.around(f) for name, f in _operators(world, precision).items()}


def _operators(world: World, precision: Precision) -> dict[str, Callable[..., Any]]:
    elements, floating = world.elements, precision.floating

    def scalar(x: Any) -> Any:
        return floating(x)

    def measure(domain: Domain, s: Sample) -> Any:
        return scalar(elements.measure(s.inner) if domain.cells else s.point.measure)  # type: ignore[union-attr]

    def measure_ratio(domain: Domain, s: Sample) -> Any:
        if domain.cells:
            return scalar(1)
        assert s.point is not None
        return scalar(s.point.measure / min(elements.measure(s.inner), elements.measure(s.outer)))

    def in_cell(at: At) -> Sample:
        return Sample(None, at, at, at.cell)

    def lookup(domain: Domain, x: Any) -> Sample:
        return in_cell(elements.containing(np.asarray(x, dtype=np.float64)))

    def closest(domain: Domain, cell: Any, x: Any) -> Any:
        # Of a box: every coordinate by itself.
        at = elements.locate(int(cell), np.asarray(x, dtype=np.float64))
        local = np.clip(at.local, 0, 1)
        distance = elements.position(At(int(cell), local)) - x
        return _padded(local, floating), scalar(np.dot(distance, distance))

    def skew(g: Any) -> Any:
        if len(g) == 2:
            return scalar((g[1, 0] - g[0, 1]) / 2)
        return (np.array([g[2, 1] - g[1, 2], g[0, 2] - g[2, 0], g[1, 0] - g[0, 1]]) / 2).astype(floating)

    def inner(f: Field, s: Sample) -> Any:
        return f.value(s.inner, "inner")

    def outer(f: Field, s: Sample) -> Any:
        return f.value(s.outer, "outer" if s.point is not None else "inner")

    def grad(f: Field, s: Sample) -> Any:
        return f.gradient(s.inner, "inner")

    def grad_outer(f: Field, s: Sample) -> Any:
        return f.gradient(s.outer, "outer" if s.point is not None else "inner")

    half = floating(0.5)
    return {
        "position": lambda domain, s: domain(s),
        "normal": lambda domain, s: s.point.normal.astype(floating),
        "deformation_gradient": lambda domain, s: _jacobian(elements, s.inner).astype(floating),
        "measure": measure,
        "measure_ratio": measure_ratio,
        "lookup": lookup,
        "partition_lookup": lookup,
        "element_closest_point": closest,
        "element_coordinates": lambda domain, cell, x: _padded(
            elements.locate(int(cell), np.asarray(x, dtype=np.float64)).local, floating
        ),
        "element_index": lambda domain, index: np.int32(index),
        "element_partition_index": lambda domain, index: np.int32(index),
        "environment_index": lambda domain, s: np.int32(0),
        "scalar_type": lambda argument: scalar,
        "cells": lambda argument: Domain(world, precision, True) if isinstance(argument, Domain) else argument,
        "to_inner_cell": lambda domain, s: in_cell(s.inner),
        "to_outer_cell": lambda domain, s: in_cell(s.outer),
        "to_cell_side": lambda domain, s, side: s,
        "inner": inner,
        "outer": outer,
        "grad": grad,
        "grad_outer": grad_outer,
        "div": lambda f, s: np.trace(grad(f, s)),
        "div_outer": lambda f, s: np.trace(grad_outer(f, s)),
        "D": lambda f, s: half * (grad(f, s) + grad(f, s).T),
        "curl": lambda f, s: skew(grad(f, s)),
        "jump": lambda f, s: inner(f, s) - outer(f, s),
        "average": lambda f, s: half * (inner(f, s) + outer(f, s)),
        "grad_jump": lambda f, s: grad(f, s) - grad_outer(f, s),
        "grad_average": lambda f, s: half * (grad(f, s) + grad_outer(f, s)),
        **_node_operators(world, floating),
    }


def _node_operators(world: World, floating: type[Any]) -> dict[str, Callable[..., Any]]:
    """Operators on single nodes: of a test or trial function the one it is at, of a discrete field any."""

    def count(f: Field, s: Sample) -> Any:
        return np.int32(f.nodes.of_cell.shape[1] * (2 if s.point is not None and s.point.normal is not None else 1))

    def moved(f: Field, s: Sample, index: Any = None) -> Sample:
        if index is not None:
            at = f.nodes.place(s.inner.cell, int(index))
        else:
            (local,) = np.flatnonzero(f.nodes.of_cell[s.inner.cell] == _dof(f).node)
            at = At(s.inner.cell, f.nodes.reference[local])
        return Sample(None, at, at, at.cell)

    def node(f: Field, s: Sample, index: Any = None) -> Any:
        if index is None:
            return np.int32(_dof(f).node)
        return np.int32(f.nodes.of_cell[s.inner.cell, f.nodes.in_order[s.inner.cell, int(index)]])

    def of(f: Field, s: Sample, index: Any, where: str, part: int) -> Any:
        at = s.inner if where == "inner" else s.outer
        which = f.nodes.of_cell[at.cell, f.nodes.in_order[at.cell, int(index)]] if index is not None else _dof(f).node
        found = f.functions(at)
        hit = found[0] == which
        if index is None and _dof(f).where not in (where, "both"):
            hit = np.zeros_like(hit)
        return found[part][hit].sum(axis=0).astype(floating)

    return {
        "degree": lambda f: np.int32(f.argument.space.degree),
        "node_count": count,
        "at_node": moved,
        "node_index": node,
        "node_partition_index": lambda f, index: np.int32(index),
        "node_inner_weight": lambda f, s, index=None: of(f, s, index, "inner", 1),
        "node_outer_weight": lambda f, s, index=None: of(f, s, index, "outer", 1),
        "node_inner_weight_gradient": lambda f, s, index=None: of(f, s, index, "inner", 2),
        "node_outer_weight_gradient": lambda f, s, index=None: of(f, s, index, "outer", 2),
    }


def _dof(f: Field) -> _Dof:
    assert f.dof is not None
    return f.dof


def _padded(local: Floats, floating: type[Any]) -> Any:
    return np.concatenate([local, np.zeros(3 - len(local))]).astype(floating)


def _jacobian(elements: Elements, at: At) -> Floats:
    return elements.jacobian(at)


class Integral:
    """An integrand with its world, its fields and values, in one precision."""

    def __init__(
        self,
        program: Program,
        world: World,
        fields: Mapping[str, Floats],
        values: Mapping[str, Any],
        precision: Precision,
        columns: frozenset[int] | None = None,
    ) -> None:
        self.columns = columns
        assert isinstance(program.launch, Setting)
        self.world = world
        self.fields = {
            f.name: Field(f, world.nodes[f.name], precision, fields.get(f.name)) for f in world.setting.fields
        }
        self.values = [_typed(values[name], precision.floating) for name, _ in program.launch.values]
        self.domain = Domain(world, precision)
        self.form = run(program.source, program.entry, operators(world, precision), precision.floating)
        roles = [world.setting.role(role) for role in ("test", "trial")]
        # A trial function with values is a field like any other: what is assembled is the product with them.
        self.virtual = [self.fields[f.name] for f in roles if f is not None and f.name not in fields]

    def assemble(self) -> tuple[Floats, Floats]:
        """The sum over all points, and the sum of absolute values.

        Shaped as :func:`fem.integrands.assemble.assembled` has it; without the trial function where that has values.
        """
        shape = tuple(n for f in self.virtual for n in (f.nodes.count, f.components))
        total, size = np.zeros(shape), np.zeros(shape)
        for point in self.world.points:
            s = Sample(point, point.inner, point.outer, point.element)
            for dofs in self._dofs(point, self.virtual):
                for f, dof in zip(self.virtual, dofs, strict=True):
                    f.dof = dof
                value = float(self.form(s, self.domain, *self.fields.values(), *self.values))
                where = tuple(i for dof in dofs for i in (dof.node, dof.component))
                total[where] += value * point.weight * point.measure
                size[where] += abs(value) * point.weight * point.measure
        return total, size

    def _dofs(self, point: Point, virtual: list[Field]) -> Iterator[tuple[_Dof, ...]]:
        if not virtual:
            yield ()
            return
        # A side has the nodes of both its cells, also where they are one: each counts on its own side.
        sides = (
            [("inner", point.inner), ("outer", point.outer)] if point.normal is not None else [("both", point.inner)]
        )
        for where, at in sides:
            for node in virtual[0].nodes.of_cell[at.cell].tolist():
                if virtual[0].argument.role == "trial" and self.columns is not None and node not in self.columns:
                    continue
                for component in range(virtual[0].components):
                    for rest in self._dofs(point, virtual[1:]):
                        yield (_Dof(node, component, where), *rest)


def _typed(value: Any, floating: Any) -> Any:
    data = np.asarray(value)
    return data.astype(floating)[()] if data.dtype.kind == "f" else data[()]


_ROUGH = (Precision(np.float32, 1), Precision(np.float32, -1))


def evaluate(
    program: Program,
    world: World,
    fields: Mapping[str, Floats],
    values: Mapping[str, Any],
    columns: frozenset[int] | None = None,
) -> Meaning:
    """What assembling the program in that world must give.

    The value is computed in float64. It is also computed in float32, as Warp does, with what operators yield moved up
    and down; the differences say how much the program's own arithmetic loses, and whether it jumps nearby. The bound is
    a multiple of them plus the rounding of the sums.

    Args:
        program: an integrand.
        world: its setting in numbers.
        fields: values of discrete fields at their nodes, one row per node. With values for the trial function too, a
            bilinear form's meaning is that of the assembled matrix times them.
        values: of the other parameters.
        columns: nodes of the trial function that are asked for; all without. For others, zeros.
    """
    trial = world.setting.role("trial")
    with np.errstate(all="ignore"):
        integral = Integral(program, world, fields, values, Precision(np.float64), columns)
        exact, size = integral.assemble()
        if trial is not None and trial.name in fields:
            # Warp sums and rounds for each node by itself, on either side, what may cancel in the product with them.
            known = integral.fields[trial.name]
            known.scatter()
            size = np.maximum(
                size, np.sqrt(2 * known.nodes.of_cell.shape[1] * known.components) * integral.assemble()[1]
            )
        rough = [Integral(program, world, fields, values, p, columns).assemble()[0] for p in _ROUGH]
    scale = size.max(initial=0.0)
    apart = np.maximum(*(np.abs(exact - r) for r in rough))
    error = 8 * apart + 2e-5 * size + 2e-6 * scale
    return Meaning(exact, np.where(np.isfinite(error), error, np.inf), size)
