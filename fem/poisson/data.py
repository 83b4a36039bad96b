"""What a problem is made of: numbers, Python callables or integrands, brought to points as arrays and looked at.

Everything is checked here, where the place of a wrong value is known, before anything is assembled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import warp as wp
import warp.fem as fem

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.forms import forms

Array: TypeAlias = npt.NDArray[Any]
Data: TypeAlias = float | Array | Callable[[Array], Any] | fem.Integrand
"""A number; a constant tensor ``(d, d)``; a function of positions ``(d, n)`` that gives ``(n,)``, or ``(d, d, n)`` for
a tensor; or an integrand ``(s: Sample, domain: Domain)`` that returns a scalar."""

_HIGHEST_ORDER = {"LINE_SEGMENT": 9, "SQUARE": 9, "CUBE": 9, "TRIANGLE": 8, "TETRAHEDRON": 6}
"""The highest orders that Warp has rules for; the one of tetrahedra for order 6 is exact to degree 8."""


def quadrature(domain: Any, order: int) -> Any:
    """A rule exact for polynomials of a degree, or the most exact that Warp has for the kind of element."""
    return fem.RegularQuadrature(domain, order=min(order, _HIGHEST_ORDER[domain.reference_element().name]))


@dataclass(frozen=True)
class Points:
    """Quadrature points of cells.

    Attributes:
        rule: the quadrature, on its domain.
        positions: ``(d, n)``, in float64 whatever the precision of the geometry is.
        weights: ``(n,)``, including measures.
    """

    rule: Any
    positions: Array
    weights: Array

    @classmethod
    def of(cls, domain: Any, order: int) -> Points:
        """The points of a rule on cells."""
        rule = quadrature(domain, order)
        geometry, count = domain.geometry, rule.total_point_count()
        position = _vectors(geometry, count)
        weight = wp.zeros(count, dtype=geometry.scalar_type)
        form = forms(geometry.dimension, geometry.scalar_type).points
        fem.interpolate(form, at=rule, values={"position": position, "weight": weight})
        return cls(rule, _float64(position).T, _float64(weight))

    @property
    def dtype(self) -> Any:
        """The scalar type of the geometry."""
        return self.rule.domain.geometry.scalar_type

    @property
    def dimension(self) -> int:
        """The dimension of the geometry."""
        return int(self.rule.domain.geometry.dimension)

    def scalars(self, values: Array | float) -> Any:
        """Values at the points as a Warp array in the geometry's precision."""
        return wp.array(np.broadcast_to(values, self.weights.shape), dtype=self.dtype)


@dataclass(frozen=True)
class SidePoints(Points):
    """Quadrature points of sides.

    Attributes:
        normals: ``(d, n)``, from the inner to the outer cell, or outwards.
        ratios: ``(n,)``, the measure of a side to that of a cell beside it: about one over the size of the cell.
        interior: ``(n,)``, whether there is a cell on either side.
    """

    normals: Array
    ratios: Array
    interior: Array

    @classmethod
    def of(cls, domain: Any, order: int) -> SidePoints:
        """The points of a rule on sides."""
        rule = quadrature(domain, order)
        geometry, count = domain.geometry, rule.total_point_count()
        position, normal = _vectors(geometry, count), _vectors(geometry, count)
        weight, ratio = (wp.zeros(count, dtype=geometry.scalar_type) for _ in range(2))
        interior = wp.zeros(count, dtype=int)
        outputs = {"position": position, "weight": weight, "normal": normal, "ratio": ratio, "interior": interior}
        fem.interpolate(forms(geometry.dimension, geometry.scalar_type).sides, at=rule, values=outputs)
        found = _float64(position).T, _float64(weight), _float64(normal).T, _float64(ratio)
        return cls(rule, *found, interior.numpy() != 0)

    @cached_property
    def centres(self) -> Array:
        """The centre of each point's side, ``(d, n)``: rules are symmetric, so it is the mean of the side's points."""
        per_side = self.rule.max_points_per_element()
        means = self.positions.reshape(self.dimension, -1, per_side).mean(axis=2)
        return np.repeat(means, per_side, axis=1)


def _vectors(geometry: Any, count: int) -> Any:
    return wp.zeros(count, dtype=wp.types.vector(geometry.dimension, geometry.scalar_type))


def _float64(array: Any) -> Array:
    return np.asarray(array.numpy(), dtype=np.float64)


def evaluate(data: Data, points: Points, name: str, *, tensor: bool = False) -> Array:
    """Data at quadrature points.

    Args:
        data: what is given.
        points: where.
        name: what it is, for messages.
        tensor: tensors are allowed.

    Returns:
        ``()`` or ``(n,)``; for tensors ``(d, d)`` or ``(d, d, n)``.

    Raises:
        ProblemError: it has another shape, or is not finite somewhere.
    """
    if isinstance(data, fem.Integrand):
        result = wp.zeros(points.weights.size, dtype=points.dtype)
        _interpolate(data, name, dest=result, at=points.rule)
        return _finite(_float64(result), points.positions, name)
    return sample(data, points.positions, name, tensor=tensor)


def sample(data: Any, positions: Array, name: str, *, tensor: bool = False) -> Array:
    """Numbers and callables at any positions ``(d, n)``; see :func:`evaluate`."""
    try:
        values = np.asarray(data(positions) if callable(data) else data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{name} does not give numbers: {error}") from error
    d, n = positions.shape
    allowed = [(), (n,), *([(d, d), (d, d, n)] if tensor else [])]
    if values.shape not in allowed:
        expected = " or ".join(map(str, allowed))
        raise ProblemError(f"{name} has shape {values.shape} at {n} positions; expected {expected}")
    return _finite(values, positions, name)


def at_nodes(data: Data, space: Any, nodes: Array, name: str) -> Array:
    """Scalar data at some nodes of a space, ``(n,)``."""
    positions = _float64(space.node_positions()).T[:, nodes]
    if isinstance(data, fem.Integrand):
        field = space.make_field()
        _interpolate(data, name, dest=field)
        return _finite(_float64(field.dof_values)[nodes], positions, name)
    return np.broadcast_to(sample(data, positions, name), nodes.shape)


def _interpolate(data: Any, name: str, **where: Any) -> None:
    try:
        fem.interpolate(data, kernel_options={"enable_backward": False}, **where)
    except (wp.WarpCodegenError, TypeError, ValueError, KeyError) as error:
        raise ProblemError(f"{name} is no integrand of (Sample, Domain) that returns a scalar: {error}") from error


def _finite(values: Array, positions: Array, name: str) -> Array:
    bad = ~np.isfinite(values)
    if bad.any():
        where = np.argwhere(bad)[0]
        place = f" at {_place(positions[:, where[-1]])}" if values.shape[-1:] == positions.shape[1:] else ""
        raise ProblemError(f"{name} is {values[tuple(where)]}{place}")
    return values


def positive(kappa: Array, positions: Array) -> Array:
    """The coefficient, if it is positive, or a symmetric positive definite tensor, everywhere.

    Raises:
        ProblemError: it is not; the message says where.
    """
    if kappa.ndim >= 2:
        moved = np.moveaxis(kappa.reshape(*kappa.shape[:2], -1), -1, 0)
        skew = np.abs(moved - np.swapaxes(moved, 1, 2)).max(axis=(1, 2))
        _complain(skew > 1e-12 * np.abs(moved).max(), positions, "is not symmetric")
        least = np.linalg.eigvalsh(moved)[:, 0]
        _complain(least <= 0, positions, "is not positive definite", least)
    else:
        least = kappa.reshape(-1)
        _complain(least <= 0, positions, "is not positive", least)
    return kappa


def _complain(bad: Array, positions: Array, what: str, values: Array | None = None) -> None:
    if bad.any():
        first = int(np.argmax(bad))
        value = "" if values is None else f": {values[first]:g}"
        place = f" at {_place(positions[:, first])}" if bad.size == positions.shape[1] else ""
        raise ProblemError(f"the coefficient {what}{value}{place}")


def _place(position: Array) -> str:
    return f"({', '.join(f'{x:.4g}' for x in position)})"


def tensors(kappa: Array, points: Points) -> tuple[Any, int]:
    """A coefficient as an array of matrices for the forms, and the stride: 0 where it is constant."""
    d = points.dimension
    if kappa.ndim < 2:
        kappa = np.eye(d).reshape(d, d, *[1] * kappa.ndim) * kappa
    constant = kappa.ndim == 2
    moved = kappa[None] if constant else np.moveaxis(kappa, -1, 0)
    return wp.array(np.ascontiguousarray(moved), dtype=wp.types.matrix((d, d), points.dtype)), 0 if constant else 1


def along(kappa: Array, directions: Array) -> Array:
    """n · κ n for unit directions ``(d, n)``."""
    if kappa.ndim < 2:
        return np.broadcast_to(kappa, directions.shape[1:])
    flux = np.einsum("ij...,j...->i...", kappa[..., None] if kappa.ndim == 2 else kappa, directions)
    return np.asarray((flux * directions).sum(axis=0))
