"""What mathematics says of any geometry and space: the divergence theorem, and quadrature exact on polynomials.

These look at a program's setting and not at the program: their integrands are always the same.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from warpsmith import ir
from warpsmith.fem.integrands.assemble import Inputs, assembled, make_assembly, make_world
from warpsmith.fem.integrands.inputs import weights
from warpsmith.fem.integrands.mesh import SIMPLICIAL
from warpsmith.fem.integrands.setting import FieldArgument, Setting, Space
from warpsmith.grammar.types import by_name

SOURCE = """import warp as wp
import warp.fem as fem


@fem.integrand
def divergence(s: fem.Sample, domain: fem.Domain, w: fem.Field):
    return fem.div(w, s)


@fem.integrand
def flux(s: fem.Sample, domain: fem.Domain, w: fem.Field):
    return wp.dot(w(s), fem.normal(domain, s))


@fem.integrand
def monomial(s: fem.Sample, domain: fem.Domain, i: int, j: int, k: int):
    x = domain(s)
    value = wp.pow(x[0], float(i)) * wp.pow(x[1], float(j))
    if k > 0:
        value = value * wp.pow(x[2], float(k))
    return value


@fem.integrand
def monomial_2d(s: fem.Sample, domain: fem.Domain, i: int, j: int, k: int):
    x = domain(s)
    return wp.pow(x[0], float(i)) * wp.pow(x[1], float(j))
"""

CURVED = frozenset({"Quadmesh2D", "Hexmesh"})
"""Where a polynomial of the position is one of a higher degree in the reference element."""


@cache
def forms() -> Any:
    """The module of those integrands, loaded once."""
    return ir.load(SOURCE, name="warpsmith_identities").module


def divergence_theorem(setting: Setting, seed: int) -> tuple[float, float, float]:
    """The integral of a field's divergence, of its flux through the boundary, and how far they may be apart.

    The field is continuous, of the degree of the setting's first field and at least 1.
    """
    degree = max([1, *(f.space.degree for f in setting.fields[:1])])
    w = FieldArgument("w", "field", Space(degree, vector=True))
    # Simplices are affine, so that both are polynomials of at most the field's degree; on other cells they need not be.
    order = degree if setting.geometry in SIMPLICIAL else 2 * degree + 4
    inside = replace(setting, domain="cells", order=order, fields=(w,), values=())
    boundary = replace(inside, domain="boundary")
    world = make_world(inside)
    given = Inputs({"w": weights(world, w, seed)}, {})
    # Each result is a sum of terms of about this size, in float32.
    size = float(np.abs(given.fields["w"]).sum())
    numbers = (
        float(assembled(form, make_assembly(s, given)))
        for form, s in ((forms().divergence, inside), (forms().flux, boundary))
    )
    first, second = numbers
    return first, second, 2e-5 * size


def exactness(setting: Setting, seed: int) -> tuple[float, float, float]:
    """The integral of a monomial within the quadrature's order over the unit square or cube, and what it is.

    On curved cells it is a monomial of degree 0 or 1, whose integrand is within order 4.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 13))))
    order = max(4, setting.order) if setting.geometry in CURVED else setting.order
    left = 1 if setting.geometry in CURVED else order
    powers = [0, 0, 0]
    for axis in range(setting.dimension):
        powers[axis] = int(generator.integers(0, left + 1))
        left -= powers[axis]
    values = tuple((n, by_name("int32")) for n in "ijk")
    place = replace(setting, domain="cells", order=order, fields=(), values=values)
    given = Inputs({}, {n: np.asarray(np.int32(p)) for n, p in zip("ijk", powers, strict=True)})
    form = forms().monomial if setting.dimension == 3 else forms().monomial_2d
    exact = float(np.prod([1 / (p + 1) for p in powers[: setting.dimension]]))
    return exact, float(assembled(form, make_assembly(place, given))), 1e-5
