"""What an integrand means: quadrature in NumPy over the same elements, with operators from their definitions.

Of Warp's objects it is given numbers alone: where nodes are and how they are numbered, the points of a simplex's rule,
and which of a side's cells a mesh calls inner. All else is computed here: maps, shape functions, gradients, normals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warpsmith.fem.integrands.evaluators import operators
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.places import Point
from warpsmith.fem.integrands.reference import run
from warpsmith.fem.integrands.runtime import Dof, Domain, Field, Precision, Sample
from warpsmith.fem.integrands.setting import Setting
from warpsmith.fem.integrands.world import World
from warpsmith.grammar.program import Program


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

    def _dofs(self, point: Point, virtual: list[Field]) -> Iterator[tuple[Dof, ...]]:
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
                        yield (Dof(node, component, where), *rest)


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
