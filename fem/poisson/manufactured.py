"""Problems on the unit square and cube whose solutions are known.

A solution and a coefficient are chosen, and the source and the boundary data follow from them (P. J. Roache, 2002). The
solutions are functions of positions ``(d, n)`` with their gradients ``(d, n)`` and Hessians ``(d, d, n)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.conditions import SIDES, Condition, Dirichlet, Neumann, Robin
from warpsmith.fem.poisson.data import Array
from warpsmith.fem.poisson.solver import Poisson

Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Exact:
    """A solution.

    Attributes:
        value, gradient, hessian: of positions.
        singularity: the s for which the solution is in H^(1+s) and no better; infinite where it is smooth.
    """

    value: Function
    gradient: Function
    hessian: Function
    singularity: float = float("inf")

    def rates(self, degree: int) -> tuple[float, float]:
        """The orders in L2 and H1 that theory has for a convex domain: min(p, s) + 1 and min(p, s)."""
        order = min(float(degree), self.singularity)
        return order + 1, order


@dataclass(frozen=True)
class Coefficient:
    """A coefficient: ``value`` as problems take it, and the divergence of its rows, ``(d, n)``."""

    value: Any
    divergence: Function


Factor = tuple[Function, Function, Function]
"""A function of one variable with two derivatives."""


def _product(factors: Callable[[int], Factor]) -> Exact:
    """The product over the axes of functions of one variable."""

    def derivative(x: Array, *axes: int) -> Array:
        return np.asarray(np.prod([factors(i)[axes.count(i)](x[i]) for i in range(len(x))], axis=0))

    return Exact(
        derivative,
        lambda x: np.stack([derivative(x, i) for i in range(len(x))]),
        lambda x: np.stack([np.stack([derivative(x, i, j) for j in range(len(x))]) for i in range(len(x))]),
    )


def _polynomial() -> Exact:
    p = np.polynomial.Polynomial([1.0, 1.0, -3.0, 0.0, 2.0])  # of a degree that no element has
    return _product(lambda axis: (p, p.deriv(), p.deriv(2)))


_WAVE: Factor = (
    lambda t: np.sin(np.pi * t + 0.3),
    lambda t: np.pi * np.cos(np.pi * t + 0.3),
    lambda t: -(np.pi**2) * np.sin(np.pi * t + 0.3),
)


def _layer(width: float = 0.1) -> Exact:
    """A boundary layer at x = 1, as convection against a wall makes it."""
    size = 1 / (1 - np.exp(-1 / width))

    def rise(t: Array) -> Array:
        return np.asarray(size * np.exp((t - 1) / width))

    layer: Factor = (
        lambda t: t - rise(t) + size * np.exp(-1 / width),
        lambda t: 1 - rise(t) / width,
        lambda t: -rise(t) / width**2,
    )
    return _product(lambda axis: _WAVE if axis else layer)


def _singular(power: float = 2 / 3) -> Exact:
    """r^a sin(a θ) about the edge x = y = 0: the harmonic function of a reentrant corner."""

    def z(x: Array) -> Array:
        return np.asarray(x[0] + 1j * x[1])

    def gradient(x: Array) -> Array:
        slope = power * z(x) ** (power - 1)
        return np.stack([slope.imag, slope.real, *np.zeros((len(x) - 2, x.shape[1]))])

    def hessian(x: Array) -> Array:
        bend = power * (power - 1) * z(x) ** (power - 2)
        found = np.zeros((len(x), *x.shape))
        found[0, 0], found[0, 1], found[1, 0], found[1, 1] = bend.imag, bend.real, bend.real, -bend.imag
        return found

    return Exact(lambda x: np.asarray((z(x) ** power).imag), gradient, hessian, power)


SOLUTIONS: dict[str, Exact] = {
    "polynomial": _polynomial(),
    "trigonometric": _product(lambda axis: _WAVE),
    "layer": _layer(),
    "singular": _singular(),
}
"""Solutions by name."""


def _tensor(x: Array) -> Array:
    found = np.zeros((len(x), *x.shape))
    found[0, 1] = found[1, 0] = 0.5
    for i in range(len(x)):
        found[i, i] = (2 if i == 0 else 1) + x[i]
    return found


COEFFICIENTS: dict[str, Coefficient] = {
    "constant": Coefficient(1.0, np.zeros_like),
    "variable": Coefficient(
        lambda x: 1 + x[0] * x[1], lambda x: np.stack([x[1], x[0], *np.zeros((len(x) - 2, x.shape[1]))])
    ),
    "tensor": Coefficient(_tensor, np.ones_like),
}
"""Coefficients by name: 1; 1 + x y; and a full matrix that varies."""

BOUNDARIES = ("dirichlet", "nitsche", "mixed")
"""Boundary conditions by name: Dirichlet by projection; by Nitsche's method; or Dirichlet on the left, Neumann on the
right, Robin on the other sides."""


def manufacture(geometry: Any, exact: Exact, coefficient: Coefficient, boundary: str = "dirichlet") -> Poisson:
    """The problem on the unit square or cube that a solution solves.

    Args:
        geometry: a mesh of the unit square or cube.
        exact: the solution.
        coefficient: κ.
        boundary: one of ``BOUNDARIES``.
    """

    def source(x: Array) -> Array:
        bent = (_matrix(coefficient, x) * exact.hessian(x)).sum(axis=(0, 1))
        return np.asarray(-bent - (coefficient.divergence(x) * exact.gradient(x)).sum(axis=0))

    return Poisson(geometry, source, coefficient.value, _conditions(geometry.dimension, exact, coefficient, boundary))


def _matrix(coefficient: Coefficient, x: Array) -> Array:
    value = np.asarray(coefficient.value(x) if callable(coefficient.value) else coefficient.value)
    if value.ndim < 2:
        value = value * np.eye(len(x))[:, :, None]
    return value[:, :, None] if value.ndim == 2 else value


def _conditions(dimension: int, exact: Exact, coefficient: Coefficient, boundary: str) -> Sequence[Condition]:
    if boundary not in BOUNDARIES:
        raise ProblemError(f"no boundary {boundary!r}: choose from {', '.join(BOUNDARIES)}")
    if boundary != "mixed":
        return (Dirichlet(exact.value, weak=boundary == "nitsche"),)

    def flux(side: str) -> Function:
        axis, upper = SIDES[side]
        sign = 1 if upper else -1
        return lambda x: np.asarray(sign * (_matrix(coefficient, x)[axis] * exact.gradient(x)).sum(axis=0))

    def transfer(x: Array) -> Array:
        return np.asarray(1 + x[0])

    def robin(side: str) -> Robin:
        return Robin(transfer, lambda x: flux(side)(x) + transfer(x) * exact.value(x), on=side)

    rest = [side for side, (axis, _) in SIDES.items() if 0 < axis < dimension]
    return (Dirichlet(exact.value, on="left"), Neumann(flux("right"), on="right"), *map(robin, rest))
