"""What integrands mean: elements and quadrature in NumPy, and what Warp assembles against them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import libcst as cst
import numpy as np
import pytest

from warpsmith.fem.integrands import identities, oracles
from warpsmith.fem.integrands.assemble import make_world
from warpsmith.fem.integrands.elements import reference_nodes, shape_functions
from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.integrands.identities import CURVED
from warpsmith.fem.integrands.meaning import World, evaluate
from warpsmith.fem.integrands.places import gauss
from warpsmith.fem.integrands.setting import DIMENSION, FieldArgument, Setting, Space
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.judgement import Verdict

CELLS = {name: (2, 2) if d == 2 else (1, 2, 1) for name, d in DIMENSION.items()}
CHEAP = ("Grid2D", "Trimesh2D")  # each geometry costs Warp some native modules; all of them are in the fuzzer's lane


def program(form: str, setting: Setting) -> Program:
    source = f"import warp as wp\nimport warp.fem as fem\n\n\n@fem.integrand\ndef form{form}\n"
    return Program(cst.parse_module(source), "form", setting, (), ())


def size_of(world: World) -> float:
    """The sum of weights and measures: of cells, the area or volume."""
    return float(sum(p.weight * p.measure for p in world.points))


@pytest.mark.parametrize(("simplicial", "dimension", "degree"), list(product((False, True), (2, 3), (0, 1, 2))))
def test_shape_functions_are_one_at_their_node_and_sum_to_one(simplicial: bool, dimension: int, degree: int) -> None:
    nodes = reference_nodes(simplicial, dimension, degree)
    at_nodes = np.array([shape_functions(simplicial, degree, node)[0] for node in nodes])
    np.testing.assert_allclose(at_nodes, np.eye(len(nodes)), atol=1e-12)
    values, slopes = shape_functions(simplicial, degree, np.full(dimension, 0.21))
    assert values.sum() == pytest.approx(1)
    np.testing.assert_allclose(slopes.sum(axis=0), 0, atol=1e-12)
    step = 1e-6
    for axis in range(dimension):
        moved = np.full(dimension, 0.21) + step * np.eye(dimension)[axis]
        numeric = (shape_functions(simplicial, degree, moved)[0] - values) / step
        np.testing.assert_allclose(slopes[:, axis], numeric, atol=1e-4)


@pytest.mark.parametrize("order", range(5))
def test_the_rule_is_exact_up_to_its_order(order: int) -> None:
    points, weights = gauss(order, 2)
    for i, j in product(range(order + 1), repeat=2):
        assert (weights * points[:, 0] ** i * points[:, 1] ** j).sum() == pytest.approx(1 / ((i + 1) * (j + 1)))


@pytest.mark.parametrize("geometry", CHEAP)
@pytest.mark.parametrize(("domain", "size"), [("cells", 1.0), ("boundary", 4.0)])
def test_the_elements_fill_the_square(geometry: str, domain: str, size: float) -> None:
    world = make_world(Setting(geometry=geometry, cells=CELLS[geometry], domain=domain))
    assert size_of(world) == pytest.approx(size)


@pytest.mark.parametrize("geometry", CHEAP)
@pytest.mark.parametrize("degree", [1, 2])
def test_the_meaning_obeys_the_divergence_theorem(geometry: str, degree: int) -> None:
    w = FieldArgument("w", "field", Space(degree, vector=True))
    inside = Setting(geometry=geometry, cells=CELLS[geometry], order=6, fields=(w,))
    values = np.random.default_rng(0).normal(size=(make_world(inside).nodes["w"].count, 2))
    results = []
    for domain, form in (
        ("cells", "(s: fem.Sample, domain: fem.Domain, w: fem.Field):\n    return fem.div(w, s)"),
        (
            "boundary",
            "(s: fem.Sample, domain: fem.Domain, w: fem.Field):\n    return wp.dot(w(s), fem.normal(domain, s))",
        ),
    ):
        setting = replace(inside, domain=domain)
        results.append(float(evaluate(program(form, setting), make_world(setting), {"w": values}, {}).value))
    assert results[0] == pytest.approx(results[1], abs=1e-6)


def test_the_meaning_of_a_mass_matrix_is_the_textbooks() -> None:
    u, v = (FieldArgument(n, r, Space(1)) for n, r in (("u", "trial"), ("v", "test")))
    setting = Setting(geometry="Grid2D", cells=(2, 2), order=2, fields=(u, v))
    form = "(s: fem.Sample, domain: fem.Domain, u: fem.Field, v: fem.Field):\n    return u(s) * v(s)"
    m = evaluate(program(form, setting), make_world(setting), {}, {}).value[:, 0, :, 0]
    np.testing.assert_allclose(m, m.T)
    assert m.sum() == pytest.approx(1)  # the square's area
    assert sorted(np.unique(m.round(9)))[1:] == pytest.approx([1 / 144, 1 / 72, 1 / 36, 1 / 18, 1 / 9])


def test_what_cancels_in_the_product_with_known_values_is_rounded_all_the_same() -> None:
    """A continuous function has no jump, but each node's function has one on either side, and Warp adds those."""
    u, v = (FieldArgument(n, r, Space(1)) for n, r in (("u", "trial"), ("v", "test")))
    setting = Setting(geometry="Grid2D", cells=(2, 2), domain="sides", order=2, fields=(u, v))
    form = (
        "(s: fem.Sample, domain: fem.Domain, u: fem.Field, v: fem.Field):\n    return fem.jump(u, s) * fem.jump(v, s)"
    )
    world = make_world(setting)
    known = np.linspace(1, 2, world.nodes["u"].count)[:, None]
    meaning = evaluate(program(form, setting), world, {"u": known}, {})
    matrix = evaluate(program(form, setting), world, {}, {})
    assert np.allclose(meaning.value, 0, atol=1e-12)
    # Of all signs one choice stands for their sum, which is at most the root of the number of summands off.
    added = np.tensordot(matrix.size, np.abs(known), axes=([2, 3], [0, 1]))
    assert (meaning.size >= added / 3).all()
    assert (meaning.size <= added * 3).all()


@pytest.mark.parametrize("identity", [identities.divergence_theorem, identities.exactness])
def test_warp_obeys_an_identity(identity: object) -> None:
    setting = Setting(geometry="Grid2D", cells=(2, 2), order=3)
    expected, actual, error = identity(setting, 1)  # type: ignore[operator]
    assert abs(expected - actual) <= error
    assert set(DIMENSION) >= CURVED


def test_the_divergence_theorem_needs_no_quadrature_that_warp_lacks() -> None:
    w = FieldArgument("w", "field", Space(2))
    setting = Setting(geometry="Tetmesh", cells=CELLS["Tetmesh"], order=3, fields=(w,))
    expected, actual, error = identities.divergence_theorem(setting, 1)
    assert abs(expected - actual) <= error


SMALL = next(
    seed
    for seed in range(1000)
    if (p := FEM.synthesize(seed)).launch.geometry == "Grid2D"  # type: ignore[attr-defined]
    and p.launch.role("test")  # type: ignore[attr-defined]
    and not p.launch.role("trial")  # type: ignore[attr-defined]
    and "fem.grad" in p.productions
    and np.any(oracles.Subject(p, seed).meaning.value)  # type: ignore[union-attr]
)
"""A linear form that does not vanish: of constant functions the gradient does."""


def test_the_oracles_agree_about_an_integrand_and_see_a_planted_defect() -> None:
    good = FEM.synthesize(SMALL)
    subject = oracles.Subject(good, SMALL)
    judgement = oracles.meaning(subject)
    assert judgement is not None
    assert judgement.verdict is Verdict.AGREE
    m = subject.meaning
    wrong = oracles.compared("meaning", m.value, 1.01 * subject.assembled, m.error, m.size)
    assert wrong.verdict is Verdict.DISAGREE
    lost = subject.assembled.copy()
    lost.flat[int(np.abs(lost).argmax())] = 0
    assert oracles.compared("meaning", m.value, lost, m.error, m.size).verdict is Verdict.DISAGREE
    assert (
        oracles.compared("meaning", m.value, m.value, np.full_like(m.error, np.inf), m.size).verdict
        is Verdict.INCONCLUSIVE
    )
    subject.loaded.unload()
