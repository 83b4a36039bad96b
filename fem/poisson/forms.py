"""The integrands of the solver.

All data reach them as arrays over quadrature points, which ``Sample.qp_index`` numbers. So a form is compiled once per
geometry, space and precision, whatever the source, coefficients and boundary data are.
"""

# No postponed annotations here: Warp reads the annotations of integrands as types.

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp
import warp.fem as fem

_OPTIONS = {"enable_backward": False}
"""Nothing is differentiated, and adjoint code would double the time that compilers take."""


@dataclass(frozen=True)
class Forms:
    """The integrands for one dimension and precision.

    Attributes:
        points: positions, and weights times measures, at the points of a cell quadrature.
        sides: the same for sides, with normals, measure ratios and whether a side is interior.
        load: ∫ f v.
        stiffness: ∫ κ∇u · ∇v.
        boundary_mass: ∫ α u v, on boundary sides.
        boundary_stiffness: ∫ α u v − σ (κ∇u · n v + κ∇v · n u), on boundary sides.
        boundary_load: ∫ f v − σ (κ∇v · n) g, on boundary sides.
        jumps: the symmetric interior penalty terms, where sides are inside.
        values: a field and its gradient at quadrature points.
        lookup, grid_lookup: a field at given positions, on meshes and on grids.
    """

    points: fem.Integrand
    sides: fem.Integrand
    load: fem.Integrand
    stiffness: fem.Integrand
    boundary_mass: fem.Integrand
    boundary_stiffness: fem.Integrand
    boundary_load: fem.Integrand
    jumps: fem.Integrand
    values: fem.Integrand
    lookup: fem.Integrand
    grid_lookup: fem.Integrand


@cache
def forms(dimension: int, dtype: Any) -> Forms:
    """The integrands for a dimension, 2 or 3, and a scalar type of Warp, float32 or float64."""
    scalars = wp.array(dtype=dtype)
    vectors = wp.array(dtype=wp.types.vector(dimension, dtype))
    tensors = wp.array(dtype=wp.types.matrix((dimension, dimension), dtype))
    return Forms(
        **_cell_forms(scalars, vectors, tensors),
        **_sides(scalars, vectors),
        **_boundary_forms(scalars, tensors),
        **_jumps(scalars, tensors),
        **_lookups(scalars, vectors, dtype),
    )


def _cell_forms(scalars: Any, vectors: Any, tensors: Any) -> dict[str, fem.Integrand]:
    @fem.integrand(kernel_options=_OPTIONS)
    def points(s: fem.Sample, domain: fem.Domain, position: vectors, weight: scalars):
        position[s.qp_index] = domain(s)
        weight[s.qp_index] = s.qp_weight * fem.measure(domain, s)

    @fem.integrand(kernel_options=_OPTIONS)
    def load(s: fem.Sample, v: fem.Field, f: scalars):
        return f[s.qp_index] * v(s)

    # A stride of 0 reads the one value of a constant coefficient everywhere.
    @fem.integrand(kernel_options=_OPTIONS)
    def stiffness(s: fem.Sample, u: fem.Field, v: fem.Field, kappa: tensors, stride: int):
        return wp.dot(kappa[s.qp_index * stride] * fem.grad(u, s), fem.grad(v, s))

    @fem.integrand(kernel_options=_OPTIONS)
    def values(s: fem.Sample, u: fem.Field, value: scalars, gradient: vectors):
        value[s.qp_index] = u(s)
        gradient[s.qp_index] = fem.grad(u, s)

    return {"points": points, "load": load, "stiffness": stiffness, "values": values}


def _lookups(scalars: Any, vectors: Any, dtype: Any) -> dict[str, fem.Integrand]:
    @fem.integrand(kernel_options=_OPTIONS)
    def lookup(s: fem.Sample, domain: fem.Domain, u: fem.Field, position: vectors, value: scalars):
        value[s.qp_index] = u(fem.lookup(domain, position[s.qp_index]))

    # On grids in float64 the shorter call does not compile in Warp 1.19; meshes have no use for a distance.
    @fem.integrand(kernel_options=_OPTIONS)
    def grid_lookup(s: fem.Sample, domain: fem.Domain, u: fem.Field, position: vectors, value: scalars):
        value[s.qp_index] = u(fem.lookup(domain, position[s.qp_index], dtype(0.0)))

    return {"lookup": lookup, "grid_lookup": grid_lookup}


def _sides(scalars: Any, vectors: Any) -> dict[str, fem.Integrand]:
    flags = wp.array(dtype=int)

    @fem.integrand(kernel_options=_OPTIONS)
    def sides(
        s: fem.Sample,
        domain: fem.Domain,
        position: vectors,
        weight: scalars,
        normal: vectors,
        ratio: scalars,
        interior: flags,
    ):
        position[s.qp_index] = domain(s)
        weight[s.qp_index] = s.qp_weight * fem.measure(domain, s)
        normal[s.qp_index] = fem.normal(domain, s)
        ratio[s.qp_index] = fem.measure_ratio(domain, s)
        inner = fem.to_inner_cell(domain, s)
        outer = fem.to_outer_cell(domain, s)
        interior[s.qp_index] = wp.where(inner.element_index == outer.element_index, 0, 1)

    return {"sides": sides}


def _boundary_forms(scalars: Any, tensors: Any) -> dict[str, fem.Integrand]:
    @fem.integrand(kernel_options=_OPTIONS)
    def boundary_mass(s: fem.Sample, u: fem.Field, v: fem.Field, alpha: scalars):
        return alpha[s.qp_index] * u(s) * v(s)

    @fem.integrand(kernel_options=_OPTIONS)
    def boundary_stiffness(
        s: fem.Sample,
        domain: fem.Domain,
        u: fem.Field,
        v: fem.Field,
        kappa: tensors,
        stride: int,
        alpha: scalars,
        sigma: scalars,
    ):
        flux = kappa[s.qp_index * stride] * fem.normal(domain, s)
        weak = wp.dot(fem.grad(u, s), flux) * v(s) + wp.dot(fem.grad(v, s), flux) * u(s)
        return alpha[s.qp_index] * u(s) * v(s) - sigma[s.qp_index] * weak

    @fem.integrand(kernel_options=_OPTIONS)
    def boundary_load(
        s: fem.Sample,
        domain: fem.Domain,
        v: fem.Field,
        kappa: tensors,
        stride: int,
        f: scalars,
        sigma: scalars,
        g: scalars,
    ):
        flux = kappa[s.qp_index * stride] * fem.normal(domain, s)
        return f[s.qp_index] * v(s) - sigma[s.qp_index] * wp.dot(fem.grad(v, s), flux) * g[s.qp_index]

    return {
        "boundary_mass": boundary_mass,
        "boundary_stiffness": boundary_stiffness,
        "boundary_load": boundary_load,
    }


def _jumps(scalars: Any, tensors: Any) -> dict[str, fem.Integrand]:
    @fem.integrand(kernel_options=_OPTIONS)
    def jumps(
        s: fem.Sample,
        domain: fem.Domain,
        u: fem.Field,
        v: fem.Field,
        kappa: tensors,
        stride: int,
        penalty: scalars,
        inside: scalars,
    ):
        flux = kappa[s.qp_index * stride] * fem.normal(domain, s)
        jump_u = fem.jump(u, s)
        jump_v = fem.jump(v, s)
        consistency = wp.dot(fem.grad_average(u, s), flux) * jump_v + wp.dot(fem.grad_average(v, s), flux) * jump_u
        return inside[s.qp_index] * (penalty[s.qp_index] * jump_u * jump_v - consistency)

    return {"jumps": jumps}
