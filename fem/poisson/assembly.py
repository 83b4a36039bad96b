"""A problem and a space make a linear system.

The weak form of −∇·(κ∇u) = f: find u with

    ∫ κ∇u·∇v + ∫_R αuv = ∫ fv + ∫_N hv    for every v that vanishes on D,

where D, N and R are the parts with Dirichlet, Neumann and Robin conditions. Nitsche's method adds, on weak parts,
−∫ (κ∇u·n v + κ∇v·n (u − g)) + ∫ γ (u − g) v. On interior sides of discontinuous spaces the symmetric interior penalty
method does the same with jumps and averages (D. N. Arnold, 1982). The penalty γ follows from the trace inequality for
polynomials of degree p on a simplex, ‖v‖²_F ≤ (p+1)(p+d)/d · |F|/|K| ‖v‖²_K (T. Warburton, J. S. Hesthaven, 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
import warp.fem as fem
import warp.sparse as sparse

from warpsmith.errors import ProblemError
from warpsmith.fem.poisson.conditions import Condition, Dirichlet, Neumann, Robin, parts
from warpsmith.fem.poisson.data import Array, Data, Points, SidePoints, along, at_nodes, evaluate, positive, tensors
from warpsmith.fem.poisson.forms import Forms, forms
from warpsmith.fem.poisson.linear import project

_ROWS: dict[str, Any] = {"bsr_options": {"construction": "row_compress"}}
_GENERIC: dict[str, Any] = {"assembly": "generic"}
"""One kernel instead of two: half the time to compile, and as quick for few points or simple forms."""


@dataclass
class System:
    """A linear system; the solution of the problem is ``known`` plus that of the system.

    Attributes:
        matrix: sparse, symmetric.
        rhs: ``(n,)``.
        known: Dirichlet values, 0 elsewhere.
    """

    matrix: Any
    rhs: Any
    known: Any


@dataclass(frozen=True)
class _Boundary:
    """The boundary's points, the coefficient there, and the data of the boundary forms.

    Attributes:
        alpha: what multiplies u v.
        load: what multiplies v.
        sigma: 1 where conditions are weak.
        values: Dirichlet values where they are weak.
    """

    points: SidePoints
    kappa: Array
    masks: list[Array]
    alpha: Array
    load: Array
    sigma: Array
    values: Array


def assemble(
    space: Any, source: Data, coefficient: Data, conditions: Sequence[Condition], discontinuous: bool
) -> System:
    """The linear system of a problem in a space."""
    geometry, degree = space.geometry, space.degree
    these = forms(geometry.dimension, geometry.scalar_type)
    cells = fem.Cells(geometry)
    boundary = _boundary(geometry, degree, coefficient, conditions, discontinuous)
    points = Points.of(cells, 2 * degree + 1)
    kappa = positive(evaluate(coefficient, points, "the coefficient", tensor=True), points.positions)
    f = evaluate(source, points, "the source")
    system = _interior(space, these, points, kappa, f)
    _add_boundary(system, space, these, boundary)
    if discontinuous:
        _add_jumps(system, space, these, coefficient)
    else:
        _fix(system, space, these, boundary, conditions)
    return system


def _interior(space: Any, these: Forms, points: Points, kappa: Array, f: Array) -> System:
    test = fem.make_test(space, domain=points.rule.domain)
    trial = fem.make_trial(space, domain=points.rule.domain)
    values, stride = tensors(kappa, points)
    matrix = fem.integrate(
        these.stiffness,
        quadrature=points.rule,
        fields={"u": trial, "v": test},
        values={"kappa": values, "stride": stride},
        **_ROWS,
    )
    data = {"f": points.scalars(f)}
    rhs = fem.integrate(these.load, quadrature=points.rule, fields={"v": test}, values=data, **_GENERIC)
    return System(matrix, rhs, wp.zeros_like(rhs))


def _boundary(
    geometry: Any, degree: int, coefficient: Data, conditions: Sequence[Condition], discontinuous: bool
) -> _Boundary:
    points = SidePoints.of(fem.BoundarySides(geometry), 2 * degree + 1)
    masks = parts(conditions, points)
    kappa = positive(evaluate(coefficient, points, "the coefficient", tensor=True), points.positions)
    alpha, load, sigma, values = (np.zeros(points.weights.size) for _ in range(4))
    for condition, mask in zip(conditions, masks, strict=True):
        if isinstance(condition, Dirichlet):
            if condition.weak or discontinuous:
                g = evaluate(condition.value, points, "the Dirichlet value")
                gamma = 2 * _penalty(points, kappa, degree)
                for target, data in ((alpha, gamma), (load, gamma * g), (sigma, 1.0), (values, g)):
                    np.copyto(target, data, where=mask)
        else:
            np.copyto(load, evaluate(condition.flux, points, "the flux"), where=mask)
            if isinstance(condition, Robin):
                np.copyto(alpha, _transfer(condition, points, mask), where=mask)
    _regular(conditions, masks, alpha)
    return _Boundary(points, kappa, masks, alpha, load, sigma, values)


def _transfer(condition: Robin, points: SidePoints, mask: Array) -> Array:
    transfer = np.broadcast_to(evaluate(condition.transfer, points, "the transfer coefficient"), mask.shape)
    if (transfer[mask] < 0).any():
        raise ProblemError(f"the transfer coefficient is negative: {transfer[mask].min():g}")
    return transfer


def _regular(conditions: Sequence[Condition], masks: list[Array], alpha: Array) -> None:
    held = any(isinstance(c, Dirichlet) and mask.any() for c, mask in zip(conditions, masks, strict=True))
    if not held and not (alpha > 0).any():
        raise ProblemError(
            "the problem is singular: without a Dirichlet part, or a Robin part with a positive transfer coefficient, "
            "its solution is determined up to a constant only"
        )


def _penalty(points: SidePoints, kappa: Array, degree: int) -> Array:
    """What makes the form coercive, twice: see the module's text. The gradient's degree is one less than u's."""
    d = points.dimension
    simplex = points.rule.domain.geometry.reference_cell().name in ("TRIANGLE", "TETRAHEDRON")
    # On squares and cubes the normal derivatives at opposite sides share a cell; on simplices those at all sides do.
    shared, trace = (d + 1, degree * (degree + d - 1) / d) if simplex else (2, degree**2)
    return np.asarray(2 * shared * trace * points.ratios * along(kappa, points.normals))


def _add_boundary(system: System, space: Any, these: Forms, boundary: _Boundary) -> None:
    points = boundary.points
    if not (boundary.alpha.any() or boundary.load.any()):
        return
    test = fem.make_test(space, domain=points.rule.domain)
    kappa, stride = tensors(boundary.kappa, points)
    sigma = points.scalars(boundary.sigma)
    if boundary.alpha.any():
        trial = fem.make_trial(space, domain=points.rule.domain)
        system.matrix += fem.integrate(
            these.boundary_stiffness,
            quadrature=points.rule,
            fields={"u": trial, "v": test},
            values={"kappa": kappa, "stride": stride, "alpha": points.scalars(boundary.alpha), "sigma": sigma},
            **_ROWS,
            **_GENERIC,
        )
    loads = {"f": points.scalars(boundary.load), "g": points.scalars(boundary.values), "sigma": sigma}
    fem.integrate(
        these.boundary_load,
        quadrature=points.rule,
        fields={"v": test},
        values={"kappa": kappa, "stride": stride, **loads},
        output=system.rhs,
        add=True,
        **_GENERIC,
    )


def _add_jumps(system: System, space: Any, these: Forms, coefficient: Data) -> None:
    points = SidePoints.of(fem.Sides(space.geometry), 2 * space.degree + 1)
    domain = points.rule.domain
    kappa = positive(evaluate(coefficient, points, "the coefficient", tensor=True), points.positions)
    values, stride = tensors(kappa, points)
    penalty, inside = _penalty(points, kappa, space.degree), points.scalars(points.interior)
    system.matrix += fem.integrate(
        these.jumps,
        quadrature=points.rule,
        fields={"u": fem.make_trial(space, domain=domain), "v": fem.make_test(space, domain=domain)},
        values={"kappa": values, "stride": stride, "penalty": points.scalars(penalty), "inside": inside},
        **_ROWS,
        **_GENERIC,
    )


def _fix(system: System, space: Any, these: Forms, boundary: _Boundary, conditions: Sequence[Condition]) -> None:
    """Take the unknowns at strong Dirichlet parts out of the system."""
    fixed = np.zeros(system.rhs.shape[0], dtype=bool)
    known = np.zeros(fixed.size)
    for condition, mask in zip(conditions, boundary.masks, strict=True):
        if isinstance(condition, Dirichlet) and not condition.weak:
            nodes = _nodes(space, these, boundary.points, mask)
            known[nodes] = at_nodes(condition.value, space, nodes, "the Dirichlet value")
            fixed[nodes] = True
    if fixed.any():
        system.known = wp.array(known, dtype=system.rhs.dtype)
        project(system.matrix, system.rhs, fixed, system.known)


def _nodes(space: Any, these: Forms, points: SidePoints, mask: Array) -> Array:
    """Nodes of a part of the boundary, ends included: those whose basis functions do not vanish on it."""
    domain = points.rule.domain
    fields = {"u": fem.make_trial(space, domain=domain), "v": fem.make_test(space, domain=domain)}
    values = {"alpha": points.scalars(mask)}
    mass = fem.integrate(these.boundary_mass, quadrature=points.rule, fields=fields, values=values, **_ROWS, **_GENERIC)
    diagonal = sparse.bsr_get_diag(mass).numpy()
    return np.flatnonzero(diagonal > 1e-6 * diagonal.max())


__all__ = ["Condition", "Dirichlet", "Neumann", "Robin", "System", "assemble"]
