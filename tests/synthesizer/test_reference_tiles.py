"""Tiles: what each builtin of them means is what NumPy and Warp compute, values and gradients; and a defect is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known import KNOWN, unknown_sites
from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.session import job
from warpsmith.grammar.operations.tile import TILES
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.reference import evaluate
from warpsmith.synthesizer.tiles import TILES as FAMILY

HEAD = """import warp as wp

SIZE = wp.constant(4)


@wp.func
def shifted(x: wp.float32, y: wp.float32):
    return x + y * 2.0


@wp.kernel
def kernel(a: wp.array2d(dtype=wp.float32), v: wp.array(dtype=wp.float32), n: wp.array(dtype=wp.int32),
           m: wp.array2d(dtype=wp.float32), w: wp.array(dtype=wp.float32)):
    i = wp.tid()
    t = wp.tile_load(a, shape=(SIZE, SIZE), offset=(i * SIZE, 0))
    u = wp.tile_load(v, shape=SIZE, offset=i * SIZE)
    q = wp.tile_load(n, shape=SIZE, offset=i * SIZE) & wp.tile_full(shape=SIZE, value=3, dtype=wp.int32)
"""
ARGUMENTS = (
    Argument("a", Array(wp.float32, 2), (8, 4)),
    Argument("v", Array(wp.float32, 1), (8,)),
    Argument("n", Array(wp.int32, 1), (8,)),
    Argument("m", Array(wp.float32, 2), (8, 4), True),
    Argument("w", Array(wp.float32, 1), (8,), True),
)
MATRIX, VECTOR = "wp.tile_store(m, {}, offset=(i * SIZE, 0))", "wp.tile_store(w, {}, offset=i * SIZE)"
ONE = "wp.tile_store(w, {}, offset=i)"
BODIES = {
    "beyond the end": ["far = wp.tile_load(v, shape=SIZE, offset=i * SIZE + 2)", VECTOR.format("far + u")],
    "operators": [MATRIX.format("2.0 * t - t / 4.0 * t")],
    "map": [VECTOR.format("wp.tile_map(shifted, u, wp.tile_map(wp.sin, u)) + wp.tile_map(shifted, u, 3.0)")],
    "sum": [ONE.format("wp.tile_sum(t) + wp.tile_dot(u, u)")],
    "sum along an axis": [VECTOR.format("wp.tile_sum(t, axis=0) - wp.tile_sum(t, axis=1)")],
    "reduce": [ONE.format("wp.tile_reduce(wp.max, u) + wp.tile_reduce(wp.mul, u)")],
    "extremes": [ONE.format("wp.tile_max(t) - wp.tile_min(t)")],
    "argmax": [ONE.format("wp.tile_astype(wp.tile_argmax(u) + wp.tile_argmin(u), dtype=wp.float32)")],
    "scan": [VECTOR.format("wp.tile_scan_inclusive(u) - wp.tile_scan_exclusive(u) + wp.tile_scan_max_inclusive(u)")],
    "transpose": [MATRIX.format("wp.tile_transpose(t) + wp.tile_broadcast(u, shape=(SIZE, SIZE))")],
    "views": [VECTOR.format("t[1] + wp.tile_squeeze(wp.tile_view(t, offset=(2, 0), shape=(1, SIZE)))")],
    "rows": [MATRIX.format("t[q, :]")],
    "element": [VECTOR.format("wp.tile_extract(t, 1, 2) * u + t[0, 3] * u")],
    "matmul": [MATRIX.format("wp.tile_matmul(t, wp.tile_transpose(t))")],
    "accumulation": [
        "acc = wp.tile_ones(shape=(SIZE, SIZE), dtype=wp.float32)",
        "for k in range(2):",
        "    wp.tile_matmul(t, t, acc)",
        MATRIX.format("acc"),
    ],
    "in place": ["u[1] += 2.0", "u[2] -= t[0, 0]", VECTOR.format("u")],
    "bits": ["q[1] |= 8", "q[0] ^= 1", VECTOR.format("wp.tile_astype(q, dtype=wp.float32)")],
    "of vectors": [
        "z = wp.tile_zeros(shape=SIZE, dtype=wp.vec3f)",
        "z += z",
        "y = z[1] + wp.vec3f(a[i, 0], v[i], 1.0)",
        "w[i] = y[0] + y[2]",
    ],
    "axpy": ["z = wp.tile_zeros(shape=SIZE, dtype=wp.float32)", "wp.tile_axpy(2.0, u, z)", VECTOR.format("z")],
    "assign": ["z = wp.tile_empty(shape=SIZE, dtype=wp.float32)", "wp.tile_assign(z, u)", VECTOR.format("z")],
    "scatter": [
        'z = wp.tile_zeros(shape=(SIZE, SIZE), dtype=wp.float32, storage="shared")',
        "wp.tile_scatter_add(z, 1, 2, t[0, 0], True)",
        "wp.tile_scatter_masked(z, 1, 3, 2.0, True)",
        MATRIX.format("z"),
    ],
    "sort": ["wp.tile_sort(u, q)", VECTOR.format("u")],
    "indexed": ["wp.tile_store_indexed(w, wp.tile_arange(3, -1, -1, dtype=wp.int32), u, offset=(i * SIZE,))"],
    "gather": [MATRIX.format("wp.tile_load_indexed(a, indices=q, shape=(SIZE, SIZE))")],
    "atomics": ["wp.tile_atomic_add(w, u, offset=2)", "wp.tile_atomic_add_indexed(w, q, u)"],
    "threads": [VECTOR.format("wp.untile(wp.tile(2.0) + wp.tile(t[0, 0])) * u")],
    "solve": [
        "s = wp.tile_diag_add(wp.tile_matmul(t, wp.tile_transpose(t)), wp.tile_ones(shape=SIZE, dtype=wp.float32))",
        "L = wp.tile_cholesky(s)",
        "x = wp.tile_upper_solve(wp.tile_transpose(L), wp.tile_lower_solve(L, u))",
        VECTOR.format("x - wp.tile_cholesky_solve(L, u)"),
        MATRIX.format('wp.tile_cholesky(s, fill_mode="upper")'),
    ],
}
DERIVATIVES = ("operators", "map", "sum", "sum along an axis", "transpose", "element", "matmul", "accumulation", "axpy")


def case_of(lines: list[str]) -> Case:
    source = HEAD + "".join(f"    {line}\n" for line in lines)
    program = Program(cst.parse_module(source), "kernel", Launch((2,), ARGUMENTS, block_dim=64), (), ())
    return make_case(program, 5)


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[Case, Any]]:
    cases = {name: case_of(lines) for name, lines in BODIES.items()}
    with Executor() as executor:
        found = executor.run_many([job(case) for case in cases.values()])
    return dict(zip(cases, zip(cases.values(), found, strict=True), strict=True))


@pytest.mark.parametrize("name", BODIES)
def test_a_builtin_means_what_warp_computes(name: str, results: dict[str, tuple[Case, Any]]) -> None:
    case, result = results[name]
    assert result.failure is None, result.failure
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    difference = compare(case, outcome.values, result.outputs[0], outcome.errors)
    assert difference.where == "", difference
    assert difference.unclear < difference.components


@pytest.mark.parametrize("name", DERIVATIVES)
def test_gradients_are_those_of_warp(name: str, results: dict[str, tuple[Case, Any]]) -> None:
    case, result = results[name]
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    flows = 0.0
    for want, error, got in zip(outcome.gradients, outcome.gradient_errors, result.gradients[0], strict=True):
        if want is not None:
            assert np.isfinite(error).all()
            assert (np.abs(want - got) <= error).all()
            flows += float(np.abs(want).sum())
    assert flows > 0


def test_a_wrong_meaning_is_seen(results: dict[str, tuple[Case, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    case, result = results["transpose"]
    wrong = replace(TILES["tile_transpose"], meaning=lambda a: a)
    monkeypatch.setitem(TILES, "tile_transpose", wrong)
    outcome = evaluate(case.program, case.sets[0])
    assert compare(case, outcome.values, result.outputs[0], outcome.errors).where


def test_an_index_out_of_range_is_undefined() -> None:
    case = case_of(["q[5] += 1", VECTOR.format("wp.tile_astype(q, dtype=wp.float32)")])
    with pytest.raises(UndefinedError, match="of 4 elements of a tile"):
        evaluate(case.program, case.sets[0])


def test_a_tile_without_elements_is_undefined() -> None:
    case = case_of(["z = wp.tile_zeros(shape=0, dtype=wp.float32)", VECTOR.format("-z")])
    with pytest.raises(UndefinedError, match="without elements"):
        evaluate(case.program, case.sets[0])


@pytest.mark.parametrize("element", [0.0, 1.0])
def test_the_sign_of_a_negated_zero_is_unknown_in_tiles_too(element: float) -> None:
    case = case_of([MATRIX.format("-t")])
    given = [np.ones_like(part) for part in case.sets[0]]
    given[0][1, 2] = element
    outcome = evaluate(case.program, tuple(given), unknown=unknown_sites(case.program, KNOWN))
    assert np.isinf(outcome.errors[3]).any() == (element == 0.0)


@pytest.mark.parametrize("size", [1e30, 1.0])
def test_a_builtin_that_is_mapped_over_tiles_has_its_known_defects(size: float) -> None:
    """The gradient of ``atan2`` squares what it is given."""
    case = case_of([VECTOR.format("wp.tile_map(wp.atan2, u, u)")])
    given = [np.full_like(part, size) if part.dtype == np.float32 else part for part in case.sets[0]]
    outcome = evaluate(case.program, given, case.adjoints, unknown=unknown_sites(case.program, KNOWN))
    assert outcome.gradient_errors is not None
    assert np.isinf(outcome.gradient_errors[1]).any() == (size > 1.0)


@pytest.mark.parametrize(("made", "open_"), [("wp.tile_scan_inclusive(u)", True), ("u", False)])
def test_a_sum_of_one_term_is_a_zero_of_either_sign(made: str, open_: bool) -> None:
    """A scan begins with 0 and adds: Warp's sum of -0.0 is 0.0."""
    case = case_of([VECTOR.format(made)])
    given = [np.ones_like(part) for part in case.sets[0]]
    given[1][0] = -0.0
    outcome = evaluate(case.program, given)
    for zero, other in ((-0.0, False), (0.0, True), (1e-40, True)):
        actual = [None, None, None, None, outcome.values[4].copy()]  # type: ignore[union-attr]
        actual[4][0] = zero  # type: ignore[index]
        assert bool(compare(case, outcome.values, actual, outcome.errors).where) == (
            other and not (open_ and zero == 0.0)
        )


def test_a_product_into_one_of_its_factors_is_undefined() -> None:
    case = case_of(["wp.tile_matmul(t, t, t)", MATRIX.format("t")])
    with pytest.raises(UndefinedError, match="into a tile that it reads"):
        evaluate(case.program, case.sets[0])


def test_blocks_that_store_to_the_same_place_race() -> None:
    case = case_of(["wp.tile_store(w, u, offset=0)"])
    with pytest.raises(UndefinedError, match="data race"):
        evaluate(case.program, case.sets[0])


def test_what_no_element_was_given_is_unknown() -> None:
    case = case_of(["z = wp.tile_empty(shape=SIZE, dtype=wp.float32)", VECTOR.format("z")])
    outcome = evaluate(case.program, case.sets[0])
    errors = outcome.errors[4]
    assert errors is not None
    assert np.isinf(errors).all()


def test_a_sum_may_be_added_in_any_order() -> None:
    case = case_of([ONE.format("wp.tile_sum(t)")])
    data = list(case.sets[0])
    data[0] = np.array([[1e8, 1, -1e8, 1], *[[0.25, 0, 0, 0]] * 3] * 2, np.float32)
    outcome = evaluate(case.program, data)
    values, errors = outcome.values[4], outcome.errors[4]
    assert values is not None
    assert errors is not None
    orders = [np.add.reduce(np.random.default_rng(k).permutation(data[0][:4].ravel())) for k in range(50)]
    assert max(abs(float(x) - float(values[0])) for x in orders) <= errors[0]


def test_meanings_on_numbers_are_those_of_linear_algebra() -> None:
    x = np.random.default_rng(1).standard_normal((5, 5))
    s, y = x @ x.T + np.eye(5), x[0]
    meaning = {name: o.meaning for name, o in TILES.items()}
    lower = meaning["tile_cholesky"](s)
    assert np.allclose(np.tril(lower), np.linalg.cholesky(s))
    assert np.allclose(meaning["tile_cholesky_solve"](lower, y), np.linalg.solve(s, y))
    assert np.allclose(meaning["tile_matmul"](x, s, x, 2.0, 3.0), 2 * x @ s + 3 * x)
    assert np.allclose(meaning["tile_scan_exclusive"](y), np.cumsum(y) - y)


def test_programs_of_the_family_have_a_meaning_and_gradients() -> None:
    flowing = 0
    for seed in range(15):
        program = FAMILY.synthesize(seed)
        case = make_case(program, seed)
        outcome = evaluate(case.program, case.sets[0], case.adjoints)
        assert outcome.gradients is not None
        flowing += any(g is not None and np.abs(g).max() > 0 for g in outcome.gradients)
    assert flowing >= 5
