"""Error bounds hold, say something, and leave open what depends on rounding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.elsewhere import elsewhere
from tests.synthesizer.reference_kernels import Typed, kernel, run
from warpsmith.grammar import types
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import Outcome, evaluate

FORMULAS: dict[str, str] = {
    "a sum that cancels": "out[i] = (x[i] * 1.1 + 100.0) - x[i] * 1.1 - 99.0 - y[i] * 0.1",
    "a quotient by a difference": "out[i] = y[i] / (x[i] * y[i] - x[i] * 0.7)",
    "library functions": "out[i] = wp.sin(x[i] * 3.3) * wp.exp(y[i] / 3.0) + wp.atan2(x[i] / 3.0, y[i] * 1.7)",
    "a power of a difference": "out[i] = (wp.abs(x[i] / 3.0 - y[i] / 7.0) + 0.1) ** 2.7",
    "a polynomial at its root": "t = x[i] / 7.0 + 2.0\nout[i] = ((t - 6.0) * t + 12.0) * t - 8.0",
    "a loop": "s = x[i]\nfor k in range(12):\n    s = s * 0.6 + wp.cos(s * 0.7) * y[i] * 0.3\nout[i] = s",
    "an unstable recurrence": "s = x[i] / 3.0\nfor k in range(6):\n    s = s * 3.1 - y[i] / 3.0\nout[i] = s",
    "a root of a difference": "out[i] = wp.sqrt(wp.abs(x[i] * x[i] / 3.0 - y[i] * 0.3))",
    "a cross product of neighbours": (
        "u = wp.vec3f(x[i], y[i], 0.3) / 3.0\nv = u * 1.3 + wp.vec3f(0.0, 0.01, 0.0)\nout[i] = wp.cross(u, v)[0]"
    ),
    "a rotation": (
        "q = wp.normalize(wp.quatf(x[i], y[i], 0.4, 1.0))\n"
        "out[i] = wp.quat_rotate(q, wp.quat_rotate_inv(q, wp.vec3f(x[i], 0.1, 0.2)))[2]"
    ),
    "an inverse": "m = wp.mat33f(x[i], 1.1, 0.3, y[i], 0.7, 0.2, 1.0, 0.9, 0.4) / 3.0\nout[i] = wp.inverse(m)[0, 1]",
    "saturation": "out[i] = wp.clamp(x[i] / 3.0, y[i] / 3.0, y[i] / 3.0 + 0.1)",
    "the largest and the smallest": "out[i] = wp.max(wp.vec3f(x[i] / 3.0, y[i] * 0.7, 0.2)) - wp.min(x[i] * 0.3, y[i])",
}


def within(outcome: Outcome, other: Outcome) -> bool:
    """Whether the other outcome's values lie within the bounds of the first."""
    for v, e, w in zip(outcome.values, outcome.errors, other.values, strict=True):
        if v is not None and e is not None and w is not None:
            parts = zip(columns(v), columns(e), columns(w), strict=True)
            if not all(
                _near(a.astype(np.float64), error, b.astype(np.float64)) for (_, a), (_, error), (_, b) in parts
            ):
                return False
    return True


def _near(a: Any, error: Any, b: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.isinf(error) | (a == b) | (np.isnan(a) & np.isnan(b)) | (abs(a - b) <= error)).all())


def differ(one: Outcome, other: Outcome) -> bool:
    pairs = zip(one.values, other.values, strict=True)
    return any(
        not np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs if a is not None and b is not None
    )


def formula(name: str) -> Outcome:
    rng = np.random.default_rng(5)
    data = {n: (rng.integers(-64, 65, 60) / 32).astype(np.float32) for n in "xy"}
    return run(f"i = wp.tid()\n{FORMULAS[name]}", dim=60, **data, out=np.zeros(60, np.float32))


@pytest.mark.parametrize("name", FORMULAS, ids=str)
def test_what_another_correct_implementation_yields_is_within_the_bounds(name: str) -> None:
    here = formula(name)
    with elsewhere(0):
        there = formula(name)
    assert within(here, there)
    value, error = here.values[-1], here.errors[-1]
    assert value is not None
    assert error is not None
    assert np.isfinite(error).mean() > 0.8
    assert np.median(error / np.maximum(abs(value), 1e-2)) < 1e-3
    wrong = Outcome(here.values, [None if e is None else e * 1e-3 for e in here.errors], None, None, ())
    assert not within(wrong, there) or np.array_equal(here.values[-1], there.values[-1])


def test_so_are_the_outputs_of_generated_programs() -> None:
    programs = [KERNELS.synthesize(seed) for seed in range(2000, 2100)]
    small = [p for p in programs if np.prod(p.launch.dim) <= 16 and "bfloat16" not in p.source]
    here = [evaluate(p, inputs(p, 0)) for p in small]
    with elsewhere(0):
        there = [evaluate(p, inputs(p, 0)) for p in small]
    assert [p for p, h, t in zip(small, here, there, strict=True) if not within(h, t)] == []
    assert sum(differ(h, t) for h, t in zip(here, there, strict=True)) > 10


def outputs(seeds: range) -> Iterator[tuple[Any, Any]]:
    """What programs write in float32 and float64, and the bounds; zeros and what is not finite left out."""
    for seed in seeds:
        program = KERNELS.synthesize(seed)
        if np.prod(program.launch.dim) > 32:
            continue
        outcome = evaluate(program, inputs(program, 0))
        for a, v, e in zip(program.launch.arguments, outcome.values, outcome.errors, strict=True):
            if v is None or e is None or not a.written or v.dtype.kind != "f":
                continue
            if isinstance(a.type, Array) and types.scalar(a.type.dtype) in (wp.float32, wp.float64):
                kept = np.isfinite(v) & (v != 0)
                yield v[kept], e[kept]


def test_an_error_of_a_thousandth_is_outside_the_bounds() -> None:
    value, error = map(np.concatenate, zip(*outputs(range(1000, 1120)), strict=True))
    assert len(value) > 1500
    sure = np.isfinite(error)
    assert sure.mean() >= 0.9
    assert (abs(value) * 1e-3 > error)[sure].mean() >= 0.95


EXACT = {
    "what is copied": "out[0] = x[0]",
    "what is chosen": "out[0] = wp.max(x[0], x[1])",
    "one operation that IEEE 754 rounds correctly": "out[0] = x[0] / 3.0",
    "the bound of a clamp": "out[0] = wp.clamp(x[0] * x[1] * 0.7, 2.0, 3.0)",
    "a comparison far from a tie": "out[0] = wp.where(wp.sin(x[0]) < 2.0, x[1], x[2])",
    "an integer part far from a jump": "out[0] = float(int(x[0] * 0.7 + 0.2))",
    "integers": "out[0] = float(int(x[0]) * 7 % 5)",
    "infinity": "out[0] = x[0] / 0.0",
    "what is not a number": "out[0] = wp.sqrt(-x[0] * x[0])",
}


@pytest.mark.parametrize("case", EXACT, ids=str)
def test_what_is_exact_must_be_equal(case: str) -> None:
    outcome = run(EXACT[case], x=np.array([1.5, 0.3, 0.7], np.float32), out=np.zeros(1, np.float32))
    assert outcome.errors[-1] == [0.0]
    assert outcome.reasons == ()


HANGING = {
    "a comparison at a tie": ("ok = y * 3.0 < z\nout[0] = wp.where(ok, 1.0, 2.0)", "a comparison depends on rounding"),
    "a branch at a tie": ("if y * 3.0 <= z:\n    out[0] = 1.0", "a branch depends on rounding"),
    "what the other arm would have written": (
        "if y * 3.0 > z * 1.001:\n    pass\nelif y * 3.0 == z:\n    out[0] = 1.0",
        "a branch depends on rounding",
    ),
    "a loop's test at a tie": (
        "k = int(0)\nwhile k < 3 and y * 3.0 < z:\n    k += 1\nout[0] = float(k)",
        "a branch depends on rounding",
    ),
    "an integer part at a jump": ("out[0] = float(int(y * 30.0))", "a result depends on rounding"),
    "an index at a jump": ("out[0] = x[int(y * 10.0)]", "an index depends on rounding"),
    "an index of a store at a jump": ("out[int(y * 10.0)] = 1.0", "an index depends on rounding"),
    "a trip count at a jump": ("for i in range(int(y * 30.0)):\n    out[0] += 1.0", "a trip count depends on rounding"),
    "an overflow": ("out[0] = 3.4028235e38 * (y * 3.0 / z)", "an overflow depends on rounding"),
    "a product that is finite if it is fused": (
        "A = wp.mat22f(3e38 * up[2], 2.0, -3e38, 2.0)\nout[0] = (wp.mat22f(2.0, 2.0, 2.0, 2.0) * A)[0, 0]",
        "an overflow depends on the order of operations",
    ),
    "the inverse of what may be singular": (
        "A = wp.mat22f(y, 2.0 * y, 3.0 * y, 6.0 * y) * y\nout[0] = wp.inverse(A)[0, 0]",
        "the inverse of a matrix that may be singular",
    ),
    "an interpolation of rotations far out": (
        "q = wp.quat_slerp(wp.quatf(x[0], x[1], x[2], x[3]), wp.quatf(x[1], x[2], x[3], x[0]), 1e7)\nout[0] = q[0]",
        "an interpolation so far out that it may come round anywhere",
    ),
    "an interpolation from no rotation": (
        "q = wp.quat_slerp(wp.quatf(x[0], x[1], x[2], 40.0), wp.quatf(x[1], x[2], x[3], x[0]), 0.5)\nout[0] = q[0]",
        "an interpolation from a quaternion that is no rotation",
    ),
    "the sign of no number": ("out[0] = wp.copysign(1.0, wp.sqrt(-z))", "the sign of a NaN"),
    "the tangent of what may be a right angle": (
        "out[0] = wp.tan(wp.atan(y * 2e8))",
        "a result depends on rounding",
    ),
    "a logarithm of what may be below zero": (
        "v, w = wp.eig3(wp.identity(n=3, dtype=wp.float32))\nout[0] = wp.log10(v[0, 0])",
        "an overflow depends on rounding",
    ),
    "a reciprocal of what may be zero": ("out[0] = (y * 3.0 - z + 1e-9) ** -1.0", "a result depends on rounding"),
    "the remainder of what may be any number": (
        "p, s = wp.quat_to_axis_angle(wp.quatf(wp.sqrt(-z), x[0], x[1], x[2]))\n"
        "out[0] = (wp.vec2f(p[1]) % wp.vec2f(1.0))[0]",
        "a matrix, a rotation or a point that is not finite",
    ),
    "whether what may be any number is finite": (
        "v = wp.vec2f()\np, s = wp.quat_to_axis_angle(wp.quatf(wp.sqrt(-z), x[0], x[1], x[2]))\nv[0] = p[1]\n"
        "out[0] = wp.where(wp.isfinite(v), 1.0, 2.0)",
        "a matrix, a rotation or a point that is not finite",
    ),
    "the lesser of a number and what may be any, infinity so far": (
        "up[2] = 1.0 / 0.0\nout[0] = wp.min(up[wp.clamp(wp.lower_bound(up, wp.sqrt(-z)), 0, 2)], 1.0)",
        "a search for what is beyond the last element",
    ),
    "the inverse by cofactors that may cancel": (
        "A = wp.mat44f(90.0)\nfor i in range(3):\n    A[i, i] += x[i]\nA[3, 0] += x[3]\nout[0] = wp.inverse(A)[0, 1]",
        "a sum of products that may cancel altogether",
    ),
    "the size of what may be any number, infinity so far": (
        "p = wp.closest_point_edge_edge(wp.vec3f(y), wp.vec3f(y), wp.vec3f(y), wp.vec3f(y), wp.sqrt(-z))\n"
        "out[0] = wp.abs(p + wp.vec3f(1.0 / 0.0))[0]",
        "a matrix, a rotation or a point that is not finite",
    ),
    "the nearest point of an edge of no length, with a tolerance below it": (
        "p = wp.vec3f(y, z, y)\nout[0] = wp.closest_point_edge_edge(p, p, wp.vec3f(z), wp.vec3f(y), -y)[1]",
        "an edge of no length that the tolerance lets through",
    ),
    "a decomposition for which iterations do not suffice": (
        "p, s, q = wp.svd3(wp.mat33f(4.0, 3.0, 4.0, -1.0, -3.0, 0.0, 4.0, -1.0, 4.0))\nout[0] = p[0, 0]",
        "singular values that a fixed number of iterations does not find",
    ),
    "the remainder of what may be twice as large as the divisor": (
        "out[0] = (wp.clamp(up[wp.lower_bound(up, 2.0) & 1], -1.0, 1.0) - 1.0) % 1.0",
        "a search for what is beyond the last element",
    ),
    "the sine of what may be a turn further": (
        "out[0] = wp.sin(y * 1e10) + wp.cos(y * 1e10 - z * 1e10)",
        "a result depends on rounding",
    ),
    "triangles that are lines": (
        "p, q, r = wp.vec3f(up[0]), wp.vec3f(up[1]), wp.vec3f(up[2], up[0], up[1])\n"
        "out[0] = float(wp.intersect_tri_tri(p, q, p, p, q, r))",
        "a triangle without area",
    ),
    "triangles with a common corner": (
        "p, q, r = wp.vec3f(up[0]), wp.vec3f(up[1], up[0], up[2]), wp.vec3f(up[2], up[0], up[1])\n"
        "out[0] = float(wp.intersect_tri_tri(p, q, r, p, wp.vec3f(up[0], up[2], up[0]), -q))",
        "triangles that touch, or may",
    ),
    "the length of almost nothing": ("v = wp.vec3f(y * 3.0 - z)\nout[0] = wp.normalize(v)[0]", ""),
    "the direction of almost nothing": (
        "v = wp.vec3f(y * 3.0 - z, x[0] - y * 10.0, y * 6.0 - z - z)\nout[0] = wp.normalize(v)[0]",
        "a result depends on rounding",
    ),
    "the bits of what is not a number": ("out[0] = float(wp.cast(wp.sqrt(-z), wp.int32))", "the bits of a NaN"),
    "an order that nobody defines": (
        "out[0] = float(wp.lower_bound(x, 0.5))",
        "a search in an array that is not sorted",
    ),
    "what no element is as large as": (
        "out[0] = float(wp.lower_bound(up, 2.0))",
        "a search for what is beyond the last element",
    ),
    "eigenvectors of what has none": (
        "A = wp.mat33f(1.0)\nA[0, 1] = 2.0\nv, w = wp.eig3(A)\nout[0] = w[0]",
        "eigenvectors of a matrix that is not symmetric",
    ),
    "a state that is advanced where it is handed over": (
        "k = wp.uint32(1)\nout[0] = float(wp.randu(k, wp.uint32(0), wp.randu(k)))",
        "the order of evaluation: a random state read where it is advanced",
    ),
    "a state that is read where it is advanced": (
        "k = wp.uint32(1)\nk *= wp.randu(k)\nout[0] = float(k)",
        "the order of evaluation: a random state read where it is advanced",
    ),
}
TIE = {
    "up": np.array([0.25, 0.5, 1.0], np.float32),
    "x": np.array([1.0, 0.25, 0.75, 0.5], np.float32),
    "y": np.float32(0.1),
    "z": np.float32(0.1) * np.float32(3),
}


@pytest.mark.parametrize("case", HANGING, ids=str)
def test_what_depends_on_rounding_is_inconclusive(case: str) -> None:
    body, reason = HANGING[case]
    outcome = run(body, **TIE, out=np.zeros(4, np.float32))
    value, error = outcome.values[-1], outcome.errors[-1]
    assert value is not None
    assert error is not None
    if reason:
        assert np.isinf(error[0])
        assert reason in outcome.reasons
    else:
        assert error[0] >= abs(value[0])


def test_a_difference_of_large_angles_is_off_by_their_rounding() -> None:
    body = "e = wp.quat_to_euler(wp.quatf(x[0], z * 0.0, x[0], 0.002), 0, 1, 0)\nout[0] = e[0]"
    outcome = run(body, **TIE, out=np.zeros(1, np.float32))
    assert outcome.errors[-1] is not None
    assert 1e-7 < outcome.errors[-1][0] < 1e-5


@pytest.mark.parametrize("made", ["wp.quat_from_euler(v, 0, 2, 0)", "wp.quat_rpy(w, w, w)"])
def test_sines_and_cosines_that_cancel_are_off_by_their_rounding(made: str) -> None:
    body = f"v = wp.vec3f(z, 1.0, z)\nw = z\nq = {made}\nout[0] = q[1]"
    outcome = run(body, z=np.float32(2.0), out=np.zeros(1, np.float32))
    assert outcome.errors[-1] is not None
    assert 1e-7 < outcome.errors[-1][0] < 1e-5


@pytest.mark.parametrize(
    ("quaternion", "least", "most"),
    [
        ((62.7, 0.9, 0.6, -1.0), 5e-6, 1e-3),
        ((0.6, 0.9, 0.6, -1.0), 1e-7, 1e-5),
        ((60.0, 0.0, 1e-6, 0.0), np.inf, np.inf),
    ],
)
def test_an_angle_whose_arc_cosine_is_steep_is_off_by_more(
    quaternion: tuple[float, ...], least: float, most: float
) -> None:
    body = "a = wp.quat_to_euler(q, 0, 2, 0)\nout[0] = a[1]\nout[1] = a[2]"
    q = Typed(wp.quatf, quaternion)
    _, error = run(body, q=q, out=np.zeros(2, np.float32)).errors
    assert error is not None
    assert least <= max(error) <= most


def test_of_several_factorisations_any_is_right_and_none_is_infinite() -> None:
    body = "q, r = wp.qr3(wp.mat33f(y))\nout[0] = q[1, 1]"
    outcome = run(body, **TIE, out=np.zeros(4, np.float32))
    assert outcome.errors[-1] is not None
    assert 2.0 <= outcome.errors[-1][0] < 3.0


def test_a_factor_of_which_little_is_known_may_have_any_factors() -> None:
    outcome = run("q, r = wp.qr3(wp.mat33f(y))\np, s = wp.qr3(q)\nout[0] = p[1, 1]", **TIE, out=np.zeros(4, np.float32))
    assert outcome.errors[-1] is not None
    assert 2.0 <= outcome.errors[-1][0] < 20.0


def test_what_is_finite_beside_an_infinity_carries_all_of_its_error() -> None:
    body = "m = wp.mat33f()\nm[0, 0] = 1.0 / 0.0\nfor i in range(8):\n    m -= wp.mat33f(wp.sin(y))\nout[0] = m"
    outcome = run(body, y=np.float32(0.5), out=Typed(wp.mat33f, np.zeros((1, 3, 3))))
    own = run("out[0] = wp.sin(y)", y=np.float32(0.5), out=np.zeros(1, np.float32)).errors[-1]
    assert own is not None
    assert outcome.errors[-1] is not None
    assert (outcome.errors[-1].ravel()[1:] >= 8 * own[0]).all()


def test_a_closer_look_is_one_from_more_sides() -> None:
    body = (
        "p = wp.normalize(wp.quatf(z, y, z * 0.3, 1.0))\nq = wp.quat_slerp(p, wp.quatf(y, z, y, y), y)\n"
        "out[0] = q[0]\nout[1] = q[1]\nout[2] = q[2]"
    )
    arguments = TIE | {"out": np.zeros(4, np.float32)}
    program, data = kernel(body, arguments), list(map(np.asarray, arguments.values()))
    (few, many) = (evaluate(program, data, looks=looks).errors[-1] for looks in (1, 16))
    assert few is not None
    assert many is not None
    assert (many >= few).all()
    assert (many > few).any()


def test_a_zero_that_is_rounded_from_either_side_has_either_sign() -> None:
    outcome = run(
        "d = z * 0.7 - z * 0.7 * y\nout[0] = 1.0 / wp.round(d)\nout[1] = wp.round(d)",
        **TIE | {"y": np.float32(1)},
        out=np.zeros(2, np.float32),
    )
    assert outcome.errors[-1] is not None
    assert 0 < outcome.errors[-1][1] < 1e-30
    assert np.isinf(outcome.errors[-1][0])


def test_a_decomposition_for_which_iterations_suffice_is_known() -> None:
    outcome = run(
        "p, s, q = wp.svd3(wp.mat33f(4.0, 3.0, 4.0, -1.0, -3.0, 0.0, 4.0, -1.0, 2.0))\nout[0] = p[0, 0]",
        out=np.zeros(1, np.float32),
    )
    assert outcome.errors[-1] is not None
    assert outcome.errors[-1][0] < 1e-3
    assert outcome.reasons == ()


def test_what_is_lost_of_a_small_product_counts_with_what_multiplies_it() -> None:
    body = "out[0] = wp.determinant(wp.diag(wp.vec4f(-16777216.0, 0.09455, z, 0.02008)))"
    outcome = run(body, z=np.float32(1.1754943508222875e-38), out=np.zeros(1, np.float32))
    assert outcome.values[-1] is not None
    assert outcome.errors[-1] is not None
    assert 2.0**-150 * 2.0**24 < outcome.errors[-1][0] < 1e-2 * abs(outcome.values[-1][0])


def test_a_determinant_whose_products_overflow_is_inconclusive() -> None:
    outcome = run(
        "m = wp.mat44f()\nm[0, 3] = z\nm[3, 3] = z\nout[0] = wp.determinant(m)",
        z=np.float32(3e38),
        out=np.zeros(1, np.float32),
    )
    assert outcome.errors[-1] is not None
    assert np.isinf(outcome.errors[-1][0])
    assert outcome.reasons == ("an overflow depends on the order of operations",)


def test_only_the_thread_that_hangs_is_inconclusive() -> None:
    body = "i = wp.tid()\nif x[i] * 3.0 < z:\n    out[i] = 1.0\nother[i] = x[i]"
    x = np.array([0.05, 0.1, 0.2], np.float32)
    outcome = run(body, dim=3, x=x, z=TIE["z"], out=np.zeros(3, np.float32), other=np.zeros(3, np.float32))
    assert np.isinf(outcome.errors[2]).tolist() == [False, True, False]
    assert outcome.reasons == ("a comparison depends on rounding", "a branch depends on rounding")


def test_where_a_thread_may_write_anywhere_the_whole_array_is_inconclusive() -> None:
    body = "i = wp.tid()\nif x[i] * 3.0 < z:\n    wp.atomic_add(out, int(x[i]), 1.0)\nother[i] = 1.0"
    x = np.array([0.05, 0.1, 0.2], np.float32)
    outcome = run(body, dim=3, x=x, z=TIE["z"], out=np.zeros(2, np.float32), other=np.zeros(3, np.float32))
    assert np.isinf(outcome.errors[2]).all()
    assert np.isinf(outcome.errors[3]).tolist() == [False, True, False]


def test_a_store_under_another_name_is_seen() -> None:
    body = "i = wp.tid()\na = out\nif x[i] * 3.0 < z:\n    a[i] = 1.0"
    outcome = run(body, dim=2, x=np.array([0.05, 0.1], np.float32), z=TIE["z"], out=np.zeros(2, np.float32))
    assert np.isinf(outcome.errors[-1]).tolist() == [False, True]


def test_what_hangs_in_a_function_is_what_it_returns() -> None:
    definitions = "@wp.func\ndef f(x: wp.float32, z: wp.float32):\n    if x < z:\n        return 1.0\n    return 2.0\n"
    body = "out[0] = f(y * 3.0, z)\nout[1] = f(y, z)"
    outcome = run(body, definitions=definitions, y=TIE["y"], z=TIE["z"], out=np.zeros(2, np.float32))
    assert np.isinf(outcome.errors[-1]).tolist() == [True, False]


def test_the_sum_of_atomics_allows_for_another_order() -> None:
    x = np.array([1e8, 1.0, -1e8, 1.0], np.float32)
    outcome = run("wp.atomic_add(out, 0, x[wp.tid()])", dim=4, x=x, out=np.zeros(1, np.float32))
    assert outcome.errors[-1] is not None
    assert 2.0 <= outcome.errors[-1][0] < 100.0


def test_bounds_of_composites_are_their_components_own() -> None:
    x = Typed(wp.vec2f, [[1.5, 1e-3]])
    outcome = run("out[0] = x[0] * 0.7", x=x, out=Typed(wp.vec2f, [[0.0, 0.0]]))
    value, error = outcome.values[-1], outcome.errors[-1]
    assert value is not None
    assert error is not None
    assert (error < abs(value) * 1e-6).all()
    assert (error > abs(value) * 1e-8).all()
