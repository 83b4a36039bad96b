"""Gradients of whole programs: right where they are given, and open where Warp's documentation leaves them open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import Typed, kernel, run
from warpsmith.grammar import types
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import Outcome, evaluate

X = np.array([1.5, 2.5, 3.5])
ONES = Typed(wp.vec3f, [[1.0, 1.0, 1.0]])
DEFINITIONS = """
@wp.struct
class S:
    a: wp.float64
    v: wp.vec3d

@wp.func
def f(x: wp.float64, y: wp.float64):
    z = x * y
    z = z * z
    return z + x, y

@wp.func
def g(out: wp.array(dtype=wp.float64)):
    return wp.atomic_add(out, 0, wp.float64(1.0))

@wp.func
def lesser(x: wp.float64, y: wp.float64):
    if x < y:
        return x * y
    return y

@wp.func
def element(x: wp.array(dtype=wp.float64), k: wp.vec2i):
    return x[k[0]]

@wp.func
def summed(x: wp.float64, n: wp.int32):
    s = wp.float64(0.0)
    for k in range(n):
        s += x * wp.float64(k)
    return s
"""

RIGHT: dict[str, str] = {
    "arithmetic": "out[0] = x[0] * x[1] / (x[2] - x[0])",
    "a name that changes": "y = x[0]\ny = y * x[1]\ny = y * y\nout[0] = y",
    "a value used twice": "y = x[0] * x[1]\nout[0] = y * y\nout[1] = y",
    "a branch": "if x[0] < x[1]:\n    out[0] = x[0] * x[0]\nelse:\n    out[0] = x[2]",
    "a choice": "out[0] = wp.where(x[0] < x[1], x[0] * x[1], x[2])\nout[1] = x[0] if x[0] > x[1] else x[2] * x[0]",
    "a function": "a, b = f(x[0], x[1])\nout[0] = a * b",
    "a struct": "s = S(a=x[0])\nt = s\nt.a = x[1] * x[1]\nout[0] = s.a * t.a",
    "vectors": "v = wp.vec3d(x[0], x[1], x[2])\nw = wp.cross(v, wp.vec3d(x[1], x[0], x[0]))\nout[0] = wp.length(v + w)",
    "components": "v = wp.vec3d(x[0], x[1], x[2])\nout[0] = v[1] * v.x\nm = wp.outer(v, v)\nout[1] = m[0, 2] * m[1][1]",
    "the first assignment of a component": "v = wp.vec3d()\nv.x = x[0] * x[1]\nv[1] = x[2]\nout[0] = v.x * v.y",
    "a component that is added to": "v = wp.vec3d(x[0], x[1], x[2])\nv[1] += x[0] * x[0]\nout[0] = v[1] * v[2]",
    "a rotation": (
        "q = wp.normalize(wp.quatd(x[0], x[1], x[2], x[0]))\nout[0] = wp.quat_rotate(q, wp.vec3d(x[1], x[2], x[0]))[1]"
    ),
    "an unrolled loop": "y = x[0]\nfor k in range(3):\n    y = y * x[1]\nout[0] = y",
    "a dynamic loop that adds": "y = x[0]\nfor k in range(n):\n    y += x[1] * x[1]\nout[0] = y",
    "a dynamic loop that scales": "y = x[0]\nfor k in range(n):\n    y = y * wp.float64(0.5) + x[1]\nout[0] = y",
    "a while loop that adds": "y = x[0]\nk = int(0)\nwhile k < n:\n    k += 1\n    y += x[1] * x[2]\nout[0] = y",
    "a dynamic loop in a function": "s = summed(x[0], n)\nout[0] = s * s",
    "several stores of one element": "out[0] = x[0] * x[0]\nout[0] = x[1] * x[1]",
    "additions in place": "out[0] += x[0] * x[0]\nout[0] -= x[1]\nwp.atomic_add(out, 0, x[2])",
    "an atomic maximum": "wp.atomic_max(out, 0, x[0])\nwp.atomic_max(out, 0, x[1] * x[1])",
    "a float cast": "out[0] = wp.float64(wp.float32(x[0])) * x[1]",
    "an integer cast": "out[0] = wp.float64(int(x[0])) * x[1]",
    "a jump": "out[0] = wp.floor(x[0]) * x[1]",
    "a swap": "a, b = x[0] * x[1], x[2]\na, b = b, a\nout[0] = a * a\nout[1] = b",
}
ADJOINTS = np.array([1.0, -0.5])


def differentiated(body: str, **more: Any) -> Outcome:
    arguments = {"x": X, "n": np.int32(3), "c": np.ones(1, np.int32), **more, "out": np.zeros(2)}
    return run(body, definitions=DEFINITIONS, adjoints={"out": ADJOINTS}, **arguments)


def slope(body: str, k: int, h: float = 1e-5) -> float:
    """By central differences of the reference itself."""
    step = np.eye(len(X))[k] * h
    ends = [run(body, definitions=DEFINITIONS, x=X + d, n=np.int32(3), out=np.zeros(2)) for d in (step, -step)]
    up, down = (e.values[-1] @ ADJOINTS for e in ends)
    return float((up - down) / (2 * h))


@pytest.mark.parametrize("case", RIGHT, ids=str)
def test_a_gradient_is_the_slope(case: str) -> None:
    body = RIGHT[case]
    outcome = differentiated(body)
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    gradient, error = outcome.gradients[0], outcome.gradient_errors[0]
    assert gradient is not None
    assert error is not None
    assert outcome.reasons == ()
    h = 0.25 if case in ("a float cast", "an integer cast") else 1e-5
    want = [slope(body, k, h) for k in range(3)]
    assert gradient == pytest.approx(want, rel=1e-6, abs=1e-6)
    assert (error <= 1e-10 * np.abs(gradient).max()).all() or case == "a float cast"


OPEN: dict[str, tuple[str, str]] = {
    "a component assigned again": (
        "v = wp.vec3d(x[0], x[1], x[2])\nv.x = x[1]\nout[0] = v.x * v.y",
        "a component that is assigned again",
    ),
    "a component assigned twice": (
        "v = wp.vec3d()\nv.x = x[0]\nv.x = x[1]\nout[0] = v.x * x[2]",
        "a component that is assigned again",
    ),
    "a component assigned again, with derivatives that cancel": (
        "v = wp.vec3d(x[0], x[1], x[2])\nv.x = wp.float64(0.0)\nout[0] = v.x - v.x",
        "a component that is assigned again",
    ),
    "a component assigned again, before a formula in which terms cancel": (
        "q = wp.quatf(wp.float32(x[0]), 1.0, 1.0, 1.0)\nq[0] = 0.0\n"
        "p = wp.quat_slerp(q, wp.quatf(0.0, 0.0, 1.0, 1.0), 1.0)\nout[0] = wp.float64(p[3])",
        "a component that is assigned again",
    ),
    "a vector read before its component is assigned again": (
        "v = wp.vec3d(x[0], x[1], x[2])\ny = wp.dot(v, wp.vec3d(x[2]))\nv[1] = wp.float64(5.0)\nout[0] = y",
        "a component that is assigned again",
    ),
    "a product in a dynamic loop": (
        "y = x[0]\nfor k in range(n):\n    y = y * x[1]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a square of what a dynamic loop added up": (
        "y = wp.float64(0.0)\nfor k in range(n):\n    y += x[1]\nout[0] = y * y",
        "a value carried through a dynamic loop",
    ),
    "a quotient that a dynamic loop adds to": (
        "y = x[0] / x[1]\nfor k in range(n):\n    y += x[2]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "an index carried through a loop": (
        "k = int(0)\nwhile k < 2:\n    k += 1\n    out[0] += x[k]",
        "a value carried through a dynamic loop",
    ),
    "a branch on what a loop carried": (
        "y = x[0]\nfor k in range(n):\n    if y < x[1]:\n        y += x[2]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a loop entered on what another one changed": (
        "y = x[0]\nok = False\nfor i in range(n):\n    ok = True\nk = int(0)\nwhile k < 1 and ok:\n    k += 1\n"
        "    y = x[1]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a loop that goes on for what a loop within it changes": (
        "y = x[0]\ns = x[1]\nt = x[2] + s\nk = int(0)\nwhile k < 2 and s < t:\n    k += 1\n    u = s\n"
        "    for i in range(n):\n        u += x[2]\n    s = u\n    y += x[1]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a loop that goes on for what an atomic found": (
        "y = x[0]\ns = x[0]\nk = int(0)\nwhile k < 2 and s < x[2]:\n    k += 1\n    y += x[1]\n"
        "    s = wp.atomic_exch(out, 1, x[0])\nout[0] = y",
        "the value that an atomic found",
    ),
    "a loop that goes on for what an atomic in a function found": (
        "y = x[0]\ns = x[0]\nk = int(0)\nwhile k < 2 and s < x[2]:\n    k += 1\n    y += x[1]\n"
        "    s = g(out) + x[0]\nout[1] = y",
        "the value that an atomic found",
    ),
    "a loop entered on what a later one changes": (
        "y = x[0]\ns = x[1]\nk = int(0)\nwhile k < 2 and s < x[2]:\n    k += 1\n    y += x[1]\n"
        "for i in range(n):\n    s = x[2]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "an element chosen by what a later loop changes": (
        "k = int(0)\nfor i in range(n):\n    out[0] += x[k]\nfor i in range(n):\n    k = 1\nout[1] = x[0]",
        "a value carried through a dynamic loop",
    ),
    "a branch on a truth value that a later loop changes": (
        "y = x[0]\nok = x[0] < x[1]\nif ok:\n    y = x[1] * x[2]\nfor i in range(n):\n    ok = False\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a choice by a truth value that a later loop changes": (
        "ok = x[0] < x[1]\ny = x[1] * x[2] if ok else x[0]\nz = wp.where(ok, x[1], x[0])\n"
        "for i in range(n):\n    ok = False\nout[0] = y + z",
        "a value carried through a dynamic loop",
    ),
    "an index that a later loop changes": (
        "k = int(0)\ny = x[k] * x[2]\nfor i in range(n):\n    k = 1\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "the place of a store that a later loop changes": (
        "k = int(0)\nout[k] = x[0] * x[2]\nfor i in range(n):\n    k = 1",
        "a value carried through a dynamic loop",
    ),
    "the place of an addition that a later loop changes": (
        "k = int(0)\nout[k] += x[0] * x[2]\nfor i in range(n):\n    k = 1",
        "a value carried through a dynamic loop",
    ),
    "the place of an addition that its own loop changes": (
        "k = int(0)\nwhile k < 2:\n    out[k] += x[0]\n    k += 1",
        "a value carried through a dynamic loop",
    ),
    "a component that a later loop changes": (
        "k = int(0)\nv = wp.vec3d(x[0], x[1], x[2])\ny = v[k]\nfor i in range(n):\n    k = 1\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a component of a local that a later loop changes": (
        "k = int(0)\nv = wp.vec3d()\nv[k] = x[0]\nfor i in range(n):\n    k = 1\nout[0] = v[0]",
        "a value carried through a dynamic loop",
    ),
    "an element of a local array that a later loop changes": (
        "k = int(0)\nt = wp.zeros(shape=2, dtype=wp.float64)\nt[0] = x[0]\ny = t[k]\nfor i in range(n):\n    k = 1\n"
        "out[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a number of trips that a later loop changes": (
        "m = int(1)\ny = x[0]\nfor i in range(m):\n    y += x[1]\nfor i in range(n):\n    m = 2\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "what a function decides by and a later loop changes": (
        "s = x[0]\ny = lesser(s, x[1])\nfor i in range(n):\n    s = x[2]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "what a function decides by and whose component changes": (
        "k = wp.vec2i(0, 1)\ny = element(x, k)\nk[0] = 2\nout[0] = y",
        "a component that is assigned again",
    ),
    "a factor from an integer that is overwritten": (
        "y = x[0] * wp.float64(c[0])\nc[0] = 2\nout[0] = y",
        "an array element that is overwritten after it was read",
    ),
    "an index from an integer that is overwritten": (
        "y = x[c[0]]\nwp.atomic_add(c, 0, 1)\nout[0] = y",
        "an array element that is overwritten after it was read",
    ),
    "a steep function of which a loop changes the result": (
        "y = wp.erfcinv(x[0] * wp.float64(0.125))\nfor i in range(n):\n    y += wp.float64(50.0)\n"
        "out[0] = wp.where(n > 99, y, x[1])",
        "a value carried through a dynamic loop",
    ),
    "a function that grows fast of what a loop changes": (
        "s = x[0]\nfor i in range(n):\n    k = wp.step(wp.cosh(s))\n    s = wp.float64(i) - k\nout[0] = x[1]",
        "a value carried through a dynamic loop",
    ),
    "a product with what an atomic found that nothing is made of": (
        "y = wp.atomic_add(out, 0, x[1])\nout[1] = wp.where(n > 99, y * x[0], x[1])",
        "the value that an atomic found",
    ),
    "a component at an index that depends on rounding": (
        "v = wp.vec3d(x[0], x[1], x[2])\nk = int(wp.float32(0.1) * wp.float32(10.0))\nout[0] = v[k]",
        "a result depends on rounding",
    ),
    "angles of no rotation that nothing is made of": (
        "q = wp.quatf() * wp.float32(x[0])\ne = wp.quat_to_euler(q, 1, 2, 0)\n"
        "out[0] = wp.where(n > 99, wp.float64(e[0]), x[1])",
        "no derivative: quat_to_euler of no rotation",
    ),
    "more trips than are unrolled": (
        "y = x[0]\nfor k in range(17):\n    y = y * x[1]\nout[0] = y",
        "a value carried through a dynamic loop",
    ),
    "a product in place": ("out[0] = x[0]\nout[0] *= x[1]", "an array element that is multiplied or divided in place"),
    "an element overwritten after it was read": (
        "out[0] = x[0]\ny = out[0] * out[0]\nout[0] = x[2]\nout[1] = y",
        "an array element that is overwritten after it was read",
    ),
    "an element added to after it was read": (
        "out[0] = x[0]\nout[0] += out[0] * x[1]",
        "an array element that is overwritten after it was read",
    ),
    "what an atomic found": (
        "wp.atomic_add(out, 0, x[0])\ny = wp.atomic_add(out, 0, x[1])\nout[1] = y",
        "the value that an atomic found",
    ),
    "what an atomic in a function found": ("out[0] = g(out) * x[1]", "the value that an atomic found"),
    "a builtin without a derivative": (
        "out[0] = wp.frac(x[0] * x[1])",
        "a builtin that Warp does not differentiate: frac",
    ),
    "an operand without a derivative": (
        "v = wp.curlnoise(wp.uint32(7), wp.vec2f(0.3, 0.7), wp.uint32(2), 2.0, wp.float32(x[0]))\n"
        "out[0] = wp.float64(v[0])",
        "an operand by which Warp does not differentiate: of curlnoise",
    ),
    "a rotation of a product that is assigned again": (
        "t = wp.transformd(wp.vec3d(x[0], x[1], x[2]), wp.quatd(x[0], x[1], x[2], x[0]))\np = t * t\n"
        "wp.transform_set_rotation(p, wp.quatd())\nout[0] = p[0]\nout[1] = p[4]",
        "a component that is assigned again",
    ),
    "an exchange": ("wp.atomic_exch(out, 0, x[0])", "a builtin that Warp does not differentiate: atomic_exch"),
    "a store that is exchanged": (
        "out[0] = x[0]\nwp.atomic_exch(out, 0, wp.float64(1.0))",
        "a builtin that Warp does not differentiate: atomic_exch",
    ),
    "nothing times a slope that nobody knows": (
        "out[0] = wp.cbrt(wp.atan2(wp.float64(0.0), x[0]))",
        "no derivative: cbrt at 0.0",
    ),
    "nothing times an infinite slope": (
        "y = wp.sqrt(x[0] - wp.float64(1.5))\nout[0] = y * wp.float64(0.0)",
        "no derivative: sqrt at 0.0",
    ),
    "nothing times a slope that its type cannot hold": (
        "q = wp.quath(wp.float16(0.0), wp.float16(200.0), wp.float16(0.0), wp.float16(1.0))\n"
        "v = wp.quat_rotate(q, wp.vec3h(wp.float16(x[0]) - wp.float16(1.5)))\nout[0] = wp.float64(v[0]) * x[1]",
        "a derivative overflows",
    ),
    "nothing times the slope of a step": (
        "y = wp.smoothstep(x[1], x[1], x[0])\nout[0] = y * wp.float64(0.0)",
        "no derivative: smoothstep between equal edges",
    ),
    "a value used before a dynamic loop changes it": (
        "y = x[0]\nz = y * x[2]\nfor k in range(n):\n    y += x[1]\nout[0] = z",
        "a value carried through a dynamic loop",
    ),
    "an extreme of what something else was added to": (
        "wp.atomic_sub(out, 0, x[0])\nwp.atomic_max(out, 0, wp.float64(9.0))",
        "an array element that is overwritten after it was read",
    ),
    "an extreme of what something was added to since another one": (
        "wp.atomic_max(out, 0, x[1])\nwp.atomic_add(out, 0, x[0])\nwp.atomic_max(out, 0, wp.float64(9.0))",
        "an array element that is overwritten after it was read",
    ),
    "nothing times what a dynamic loop made infinite": (
        "y = x[0]\nfor k in range(n):\n    y = wp.exp(y * wp.float64(99.0))\nout[0] = x[1]",
        "a value carried through a dynamic loop",
    ),
    "nothing times a slope at what a dynamic loop changes": (
        "y = wp.float64(0.0)\nv = wp.vec3d()\nfor k in range(n):\n    v.z = wp.cbrt(y)\n    y = x[0]\nout[0] = v[0]",
        "a value carried through a dynamic loop",
    ),
    "a difference of what nobody knows": (
        "m = wp.skew(wp.vec3d(x[0], x[1], x[2]))\nv, w = wp.eig3(m)\nout[0] = v[0, 1] + w[0]",
        "no derivative: eig3 of a matrix that is not symmetric",
    ),
    "an argument that a dynamic loop changes after the call": (
        "y = x[0]\nz, w = f(y, x[1])\nfor k in range(n):\n    y = -y\nout[0] = z",
        "a value carried through a dynamic loop",
    ),
    "noise at what may be anywhere": (
        "p, s = wp.quat_to_axis_angle(wp.quatd(wp.sqrt(-x[0]), x[0], x[1], x[2]))\n"
        "out[0] = wp.float64(wp.noise(wp.uint32(1), wp.float32(wp.clamp(p[0], wp.float64(-9.0), wp.float64(9.0)))))",
        "a matrix, a rotation or a point that is not finite",
    ),
    "a corner": ("out[0] = wp.abs(x[0] - wp.float64(1.5))", "no derivative: abs at 0"),
    "a decision that depends on rounding": (
        "if x[0] * wp.float64(0.7) < x[0] * x[1] * wp.float64(0.28):\n    out[0] = x[1]",
        "a derivative on a path that depends on rounding",
    ),
}


@pytest.mark.parametrize("case", OPEN, ids=str)
def test_what_the_documentation_excludes_is_inconclusive(case: str) -> None:
    body, reason = OPEN[case]
    outcome = differentiated(body)
    assert outcome.gradient_errors is not None
    assert np.isinf(outcome.gradient_errors[0]).any()
    assert reason in outcome.reasons


def test_what_nobody_knows_reaches_every_component_that_others_hang_on() -> None:
    outcome = differentiated(
        "p = wp.vec3f(wp.float32(x[0]), wp.float32(x[1]) - 2.5, wp.float32(x[2]) - 3.5)\n"
        "c = wp.closest_point_edge_edge(wp.vec3f(), p, p, p, 1.0)\n"
        "m, w = wp.eig3(wp.outer(wp.vec3f(), c))\nout[0] = wp.float64(m[0, 1])"
    )
    assert outcome.gradient_errors is not None
    assert np.isinf(outcome.gradient_errors[0]).all()
    assert outcome.reasons == ("no derivative: eig3 with values that repeat",)


UNTOUCHED: dict[str, str] = {
    "a limit that nothing flows through": "v = wp.vec3d(x[0])\nv.x = x[0]\nout[0] = x[1] * x[2]",
    "a loop entered on what nothing changed": (
        "y = x[0]\nk = int(0)\nwhile k < n:\n    k += 1\n    y += x[1]\nout[0] = y"
    ),
    "a loop that goes on for what no loop within it changes": (
        "y = x[0]\nk = int(0)\nwhile k < n:\n    k += 1\n    for i in range(n):\n        y += x[1]\nout[0] = y"
    ),
    "a loop in which an atomic finds what does not matter": (
        "y = x[0]\nk = int(0)\nwhile k < n:\n    k += 1\n    y += x[1]\n    s = g(out)\nout[1] = y"
    ),
    "what is computed of a number that a later loop changes": (
        "k = int(2)\ny = x[0] * wp.float64(k)\nok = k > 1 and k > 0\nif not ok or k > 9:\n    y = x[1]\n"
        "for i in range(n):\n    k = 1\nout[0] = y"
    ),
    "an index of the same value as what a loop changes": (
        "y = x[0]\nk = int(0)\nm = k\ny += x[m]\nfor i in range(n):\n    k += 1\nout[0] = y"
    ),
    "loops that decide by other names": (
        "y = x[0]\nk = int(0)\nwhile k < n:\n    k += 1\n    y += x[1]\nm = int(0)\n"
        "while m < n:\n    m += 1\n    y += x[2]\nout[0] = y"
    ),
    "a corner that nothing flows through": "y = wp.abs(x[0] - wp.float64(1.5))\nout[0] = x[1]",
    "another element": "out[0] = wp.frac(x[0]) + x[1] * x[2]",
}


@pytest.mark.parametrize("case", UNTOUCHED, ids=str)
def test_only_what_a_limit_reaches_is_inconclusive(case: str) -> None:
    outcome = differentiated(UNTOUCHED[case])
    assert outcome.gradient_errors is not None
    assert np.isfinite(outcome.gradient_errors[0][1:]).all()


STEEP = {  # where the slope of each is infinite, or nearly
    **dict.fromkeys(("sqrt", "log", "log2", "log10", "cbrt", "erfcinv"), 0.00006),
    **dict.fromkeys(("asin", "acos", "erfinv"), 0.9995),
    "tan": 1.5673828125,
}


@pytest.mark.parametrize("name", STEEP)
def test_nothing_times_a_steep_slope_is_inconclusive(name: str) -> None:
    moved = f"wp.float16(x[0]) * wp.float16(0.0) + wp.float16({STEEP[name]})"
    outcome = differentiated(f"y = wp.{name}({moved})\nout[0] = x[1]")
    assert outcome.gradient_errors is not None
    assert np.isinf(outcome.gradient_errors[0]).tolist() == [True, False, False]


def test_a_flow_is_rounded_to_what_its_type_has_near_zero() -> None:
    outcome = differentiated("y = wp.float16(x[0])\nout[0] = wp.float64(y * wp.float16(0.00001))")
    assert outcome.gradient_errors is not None
    assert outcome.gradient_errors[0][0] > 2.0**-25


@pytest.mark.parametrize(
    "made",
    [
        "wp.quat_from_euler(wp.vec3f(y, wp.float32(x[1]), z), 0, 1, 0)[1]",
        "wp.quat_from_matrix(wp.diag(wp.vec3f(y, y, z)))[3]",
        "wp.transform_from_matrix(wp.diag(wp.vec4f(y, y, z, z)))[6]",
    ],
)
def test_a_derivative_of_a_rotation_in_which_terms_cancel_is_rounded(made: str) -> None:
    outcome = differentiated(f"y = wp.float32(x[0])\nz = wp.float32(x[2])\nout[0] = wp.float64({made})")
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    assert outcome.gradients[0][0] == 0.0
    assert 1e-8 < outcome.gradient_errors[0][0] < 1e-4


def determinant_by(x: Any, made: str) -> tuple[Any, Any]:
    """The gradient of a determinant of that matrix, made of three numbers, and its bounds."""
    out = np.zeros(1, np.float32)
    body = f"v = wp.vec3f(x[0], x[1], x[2])\nout[0] = wp.determinant({made})"
    outcome = run(body, x=x, out=out, adjoints={"out": np.ones(1)})
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    return outcome.gradients[0], outcome.gradient_errors[0]


def test_each_cofactor_is_rounded_by_itself() -> None:
    """A matrix of rank 1 has none; what rounding leaves of them is more than what any matrix nearby has."""
    x = np.random.default_rng(0).uniform(-2.0, 2.0, 3).astype(np.float32)
    rows = np.outer(x, x)
    products = [rows[j - 2][:, None] * rows[j - 1][None, :] for j in range(3)]  # of the two other rows
    cofactors = np.array([[(p - p.T)[k - 2, k - 1] for k in range(3)] for p in products])
    gradient, error = determinant_by(x, "wp.outer(v, v)")
    computed = cofactors @ x + cofactors.T @ x
    assert (abs(computed) > 1e-8).all()
    assert (abs(computed - gradient) < error).all()


def test_a_row_of_large_numbers_blurs_no_cofactor_without_it() -> None:
    """The derivative by what is large is a product of what is small."""
    gradient, error = determinant_by(np.array([1e6, 2.0, 3.0], np.float32), "wp.diag(v)")
    assert np.allclose(gradient, [6.0, 3e6, 2e6])
    assert (error < 100.0).all()


@pytest.mark.parametrize(
    ("made", "left"),
    [
        ("wp.degrees(wp.erf(wp.float16(x[0] - wp.float64(5.671875))))", 2.0**-25),  # half of the least number
        ("wp.degrees(wp.atan(wp.float16(x[0] * wp.float64(256.0))))", 256.0 / 384.0**2),  # one over infinity
    ],
)
def test_a_slope_below_the_normal_numbers_of_a_half_may_be_lost(made: str, left: float) -> None:
    outcome = differentiated(f"out[0] = wp.float64({made})")
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    assert 180 / np.pi * left < outcome.gradient_errors[0][0] < 4.0


def test_a_slope_that_its_type_cannot_hold_is_inconclusive_however_little_flows() -> None:
    made = "wp.radians(wp.pow(wp.float16(x[0] / wp.float64(12.0)), wp.float16({})))"
    for power, known in (("-2.5", True), ("-3.796875", False)):
        outcome = differentiated(f"out[0] = wp.float64({made.format(power)})")
        assert outcome.gradient_errors is not None
        assert np.isfinite(outcome.gradient_errors[0][0]) == known


def test_a_short_twist_magnifies_what_rounding_leaves() -> None:
    """Of a rotation that has next to nothing along the axis, the rest is brought to unit length."""
    axis, q = "wp.vec3f(wp.float32(x[0]), 1.0, 0.0)", "wp.quatf(wp.float32(x[1]), wp.float32({}), 1.0, 0.0)"
    errors = []
    for second in ("x[2]", "x[2] - wp.float64(7.24)"):
        outcome = differentiated(f"out[0] = wp.float64(wp.quat_twist({axis}, {q.format(second)})[0])")
        assert outcome.gradient_errors is not None
        errors.append(outcome.gradient_errors[0][1])
    assert errors[0] < 1e-5 < errors[1] < 1.0


def test_where_a_moved_rotation_has_no_derivative_terms_cancel_all_the_same() -> None:
    """By the real part, a twist about no axis does not change; what it is a difference of, rounding leaves."""
    made = "wp.quat_twist(wp.vec3f(z, z, z), wp.quatf(1.0, 2.0, 3.0, y))[3]"
    outcome = differentiated(
        f"y = wp.float32(x[0])\nz = wp.exp(wp.float32(x[2]) - 3.5) - 1.0\nout[0] = wp.float64({made})"
    )
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    assert outcome.gradients[0][0] == 0.0
    assert 1e-8 < outcome.gradient_errors[0][0] < 1e-4


def test_arrays_that_are_written_and_values_have_no_gradient() -> None:
    y = np.zeros(1)
    outcome = run("y[0] = y[0] + x[0] * s", x=X, s=np.float64(2), y=y, n=BIGGER, adjoints={"y": np.ones(1)})
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    assert outcome.gradients[0].tolist() == [2, 0, 0]
    assert outcome.gradients[1] is None
    assert outcome.gradients[2] is None
    assert outcome.gradients[3] is None


BIGGER = np.array([1, 2], np.int32)


def test_without_adjoints_there_are_no_gradients() -> None:
    outcome = run("out[0] = x[0]", x=X, out=np.zeros(1))
    assert outcome.gradients is None
    assert outcome.gradient_errors is None


def test_a_gradient_flows_to_every_element_that_was_read() -> None:
    body = "i = wp.tid()\nout[i] = a[i, 0] * s[k[i]][1]"
    a, s = np.array([[2.0, 7.0], [3.0, 7.0]], np.float32), Typed(wp.vec2f, [[1.0, 5.0], [1.0, 6.0]])
    outcome = run(
        body, dim=2, a=a, s=s, k=np.array([1, 1], np.int32), out=np.zeros(2, np.float32), adjoints={"out": np.ones(2)}
    )
    assert outcome.gradients is not None
    assert outcome.gradients[0].tolist() == [[6, 0], [6, 0]]
    assert outcome.gradients[1].tolist() == [[0, 0], [0, 5]]


def test_bounds_allow_for_rounding_in_the_programs_own_types() -> None:
    x = (X / 3).astype(np.float32)
    body = "y = x[0] - x[1] * wp.float32(0.7)\nout[0] = x[2] / (y * y + 0.001)"
    outcome = run(body, x=x, out=np.zeros(1, np.float32), adjoints={"out": np.ones(1)})
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    relative = outcome.gradient_errors[0] / abs(outcome.gradients[0])
    assert (relative > 1e-7).all()
    assert (relative < 1e-3).all()


def doubles(program: Program) -> bool:
    """Whether all its floats are float64, so that differences are accurate, and none of them in structs."""
    given = [a.type.dtype if isinstance(a.type, Array) else a.type for a in program.launch.arguments]
    if any(map(types.is_struct, given)):
        return False
    narrow = {f"wp.{types.name(t)}" for t in types.VALUES if types.scalar(t) in types.FLOATS} - {
        f"wp.{types.name(t)}" for t in types.VALUES if types.scalar(t) is wp.float64
    }
    return wp.float64 in map(types.scalar, given) and not any(
        f"{n}{c}" in program.source for n in narrow for c in "(,)"
    )


def test_bounds_show_what_cancels_in_a_sum() -> None:
    program = kernel("out[0] = wp.length_sq(wp.normalize(v[0]))", {"v": ONES, "out": np.zeros(1, np.float32)})
    data, adjoints = [ONES.data, np.zeros(1, np.float32)], [None, np.array([-2.0])]
    one, many = (evaluate(program, data, adjoints, looks=looks).gradient_errors for looks in (1, 16))
    assert one is not None
    assert many is not None
    assert one[0] is not None
    assert many[0] is not None
    assert np.all(many[0] >= one[0])
    # The gradient is 0; computed in float32, as n (n·a) - a, it is one or two units in the last place of n.
    assert np.all((many[0] > 2.0**-23) & (many[0] < 2.0**-16))


def test_bounds_show_what_cancels_in_the_slope_of_tanh() -> None:
    program = kernel("out[0] = wp.tanh(x[0])", {"x": np.array([15.0]), "out": np.zeros(1)})
    outcome = evaluate(program, [np.array([15.0]), np.zeros(1)], [None, np.array([1.0])])
    assert outcome.gradients is not None
    assert outcome.gradient_errors is not None
    slope, error = outcome.gradients[0], outcome.gradient_errors[0]
    assert slope is not None
    assert error is not None
    computed = 1.0 - np.tanh(15.0) ** 2  # off by a part in a hundred
    assert abs(slope - computed) <= error < 1e-14


def test_gradients_of_generated_programs_are_their_slopes() -> None:
    compared = 0
    for seed in range(3000, 3400):
        program = KERNELS.synthesize(seed)
        if np.prod(program.launch.dim) > 12 or not doubles(program):
            continue
        data = inputs(program, 0)
        rng = np.random.default_rng(seed)
        adjoints = [
            rng.normal(size=d.shape) if a.written else None for a, d in zip(program.launch.arguments, data, strict=True)
        ]
        outcome = evaluate(program, data, adjoints)
        assert outcome.gradients is not None
        assert outcome.gradient_errors is not None
        for i, (g, e) in enumerate(zip(outcome.gradients, outcome.gradient_errors, strict=True)):
            if g is None or e is None or not np.isfinite(e).any():
                continue
            way = np.where(np.isfinite(e), rng.normal(size=g.shape), 0.0)
            ends = [along(program, data, adjoints, i, way * h) for h in (1e-6, -1e-6)]
            if not np.isfinite(ends).all():
                continue  # an output that is infinite or no number has no slope
            middle = along(program, data, adjoints, i, way * 0.0)
            if abs(ends[0] - 2 * middle + ends[1]) > 1e-9 * (1 + abs(middle)):
                continue  # there is a kink between the ends
            want, got = (ends[0] - ends[1]) / 2e-6, float((g * way).sum())
            assert got == pytest.approx(want, rel=1e-4, abs=1e-6 * (1 + abs(ends[0]))), (seed, i)
            compared += 1
    assert compared >= 20


def along(program: Program, data: list[Any], adjoints: list[Any], i: int, move: Any) -> float:
    moved = [d + move if n == i else d for n, d in enumerate(data)]
    outcome = evaluate(program, moved)
    pairs = zip(outcome.values, adjoints, strict=True)
    return sum(
        float((v.astype(np.float64) * s).sum())
        for v, s in pairs
        if v is not None and s is not None and v.dtype.kind == "f"
    )
