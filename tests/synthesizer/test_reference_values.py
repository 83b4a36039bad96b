"""The reference means by a program what Warp's language does: types, copies, order, and what differs from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import Typed, run, value
from warpsmith.grammar import types

I8, I32, U32, F16, F32, F64 = wp.int8, wp.int32, wp.uint32, wp.float16, wp.float32, wp.float64
BIG = np.array([2**31 - 1, -(2**31), -7, 7, 2], np.int32)
ONE = np.array([1.0, 1e-8, -0.0, 2.5, -2.5], np.float32)

SCALARS: dict[str, tuple[str, type, Any]] = {
    "integers wrap": ("n[0] + n[4]", I32, -(2**31) + 1),
    "negation wraps": ("-n[1]", I32, -(2**31)),
    "small integers wrap": ("wp.int8(100) + wp.int8(100)", I8, -56),
    "unsigned integers wrap": ("wp.uint32(0) - wp.uint32(1)", U32, 2**32 - 1),
    "integer division truncates": ("n[2] / n[4]", I32, -3),
    "floor division floors": ("n[2] // n[4]", I32, -4),
    "the remainder has the dividend's sign": ("n[2] % n[4]", I32, -1),
    "a shift keeps the sign": ("n[2] >> n[4]", I32, -2),
    "round takes halves away from zero": ("wp.round(x[4])", F32, -3.0),
    "rint takes halves to even": ("wp.rint(x[3])", F32, 2.0),
    "a float literal is float32": ("x[0] + 0.1", F32, np.float32(1) + np.float32(0.1)),
    "float32 loses what is too small": ("x[0] + x[1]", F32, 1.0),
    "a literal in float64 keeps its digits": ("wp.float64(0.1)", F64, 0.1),
    "so does a negative one": ("wp.float64(-0.1)", F64, -0.1),
    "a literal in float32 does not": ("wp.float64(wp.float32(0.1))", F64, np.float64(np.float32(0.1))),
    "halves round at every step": ("wp.float16(2048.0) + wp.float16(1.0) + wp.float16(1.0)", F16, 2048.0),
    "a cast truncates": ("int(x[4])", I32, -2),
    "a cast of an integer wraps": ("wp.int8(n[0])", I8, -1),
    "a cast of bits": ("wp.cast(x[0], wp.int32)", I32, 0x3F800000),
    "a logical operator yields a truth value": ("int(n[4] > 1 and n[3] > 1)", I32, 1),
    "a chain compares neighbours": ("int(1.0 <= x[0] < x[3] != 7.0)", I32, 1),
    "where": ("wp.where(n[3] > n[4], n[3], n[4])", I32, 7),
    "a conditional": ("n[3] if n[3] < n[4] else n[4]", I32, 2),
    "length of a value": ("len(wp.mat33f()) + len(wp.quatf()) + len(n)", I32, 12),
    "negative indices count from the end": ("n[-1]", I32, 2),
    "a bare literal condition": ("1 if True else 2", I32, 1),
}


@pytest.mark.parametrize("case", SCALARS, ids=str)
def test_an_expression_has_its_value_in_its_type(case: str) -> None:
    expression, result, expected = SCALARS[case]
    found = value(expression, result, n=BIG, x=ONE)
    assert found.dtype == np.dtype(types.name(result))
    assert found == expected


def test_bfloat16_is_rounded_at_every_step() -> None:
    x = Typed(wp.bfloat16, [1.0, 2.0**-7, 2.0**-9])
    outcome = run("out[0] = x[0] + x[1]\nout[1] = x[0] + x[2]", x=x, out=Typed(wp.bfloat16, [0.0, 0.0]))
    assert outcome.values[1].tolist() == [1.0078125, 1.0]


STATEMENTS: dict[str, tuple[str, list[float]]] = {
    "assignment copies a vector": ("v = wp.vec2f(1.0, 2.0)\nu = v\nu[0] = 5.0\nout[0] = v[0]\nout[1] = u[0]", [1, 5]),
    "assignment copies a struct": (
        "s = S(a=1.0, v=wp.vec2f(2.0))\nt = s\nt.a = 3.0\nt.v = wp.vec2f(4.0)\n"
        "out[0] = s.a + s.v[0]\nout[1] = t.a + t.v.y",
        [3, 7],
    ),
    "a field that nobody set is zero": ("s = S(a=1.0)\nout[0] = s.v[0]\nt = S()\nout[1] = t.a", [0, 0]),
    "arrays alias": ("a = out\na[0] = 3.0\nout[1] = a[0] + 1.0", [3, 4]),
    "parameters of functions are copies": ("x = float(1.0)\nout[0] = bump(x)\nout[1] = x", [2, 1]),
    "arguments are evaluated from the left": (
        "state = wp.uint32(1)\na = wp.randu(state)\nb = wp.randu(state)\nstate = wp.uint32(1)\n"
        "c = wp.randu(state) - wp.randu(state)\nout[0] = wp.where(c == a - b, 1.0, 0.0)",
        [1, 0],
    ),
    "a drawn number advances the name": (
        "state = wp.uint32(1)\na = wp.randu(state)\nout[0] = wp.where(a == state, 1.0, 0.0)\n"
        "b = wp.randu(wp.uint32(a))\nout[1] = wp.where(a == state, 1.0, 0.0)",
        [1, 1],
    ),
    "and stops at the first that fails": (
        "state = wp.uint32(1)\nok = out[0] > 1.0 and wp.randf(state) >= 0.0\n"
        "out[0] = wp.where(state == wp.uint32(1) and not ok, 1.0, 0.0)",
        [1, 0],
    ),
    "or stops at the first that holds": (
        "state = wp.uint32(1)\nok = out[0] < 1.0 or wp.randf(state) >= 0.0\n"
        "out[0] = wp.where(state == wp.uint32(1) and ok, 1.0, 0.0)",
        [1, 0],
    ),
    "a conditional evaluates one arm": (
        "state = wp.uint32(1)\nx = 2.0 if out[0] < 1.0 else wp.randf(state)\n"
        "out[0] = x\nout[1] = wp.where(state == wp.uint32(1), 1.0, 0.0)",
        [2, 1],
    ),
    "a tuple is evaluated before it is assigned": (
        "a, b = out[0] + 1.0, out[1] + 2.0\na, b = b, a\nout[0] = a\nout[1] = b",
        [2, 1],
    ),
    "a loop over a range counts in int32": (
        "s = int(0)\nfor i in range(2, 9, 3):\n    s += i\nout[0] = float(s)",
        [15, 0],
    ),
    "a range may be reversed": ("for i in reversed(range(3)):\n    out[0] = out[0] * 10.0 + float(i)", [210, 0]),
    "a while loop with continue and break": (
        "k = int(0)\nwhile k < 9:\n    k += 1\n    if k == 2:\n        continue\n"
        "    if k > 4:\n        break\n    out[0] += float(k)",
        [8, 0],
    ),
    "a part of a transform is set in place": (
        "t = wp.transform_identity(dtype=wp.float32)\nu = t\nwp.transform_set_translation(t, wp.vec3f(1.0, 2.0, 3.0))\n"
        "out[0] = t.p[1]\nout[1] = u.p[1]",
        [2, 0],
    ),
    "a row of a matrix is set": (
        "m = wp.mat22f(1.0, 2.0, 3.0, 4.0)\nm[1] = wp.vec2f(7.0, 8.0)\nout[0] = m[1, 0]\nout[1] = m[0][1]",
        [7, 2],
    ),
    "a component is changed in place": (
        "v = wp.vec2f(1.0, 2.0)\nv[1] += 3.0\nv.x *= 4.0\nout[0] = v.x\nout[1] = v[1]",
        [4, 5],
    ),
    "an element is changed in place": ("out[0] += 2.0\nout[0] *= 3.0\nout[1] -= out[0]", [6, -6]),
    "an atomic returns what it found": ("out[1] = wp.atomic_add(out, 0, 5.0) + wp.atomic_max(out, 0, 9.0)", [9, 5]),
    "compare and swap": (
        "a = wp.atomic_cas(out, 0, 0.0, 4.0)\nb = wp.atomic_cas(out, 0, 1.0, 7.0)\nout[1] = a + b",
        [4, 4],
    ),
    "several results": ("a, b = pair(3.0)\nout[0] = a\nout[1] = b", [4, 2]),
    "several results under one name": ("both = pair(3.0)\nout[0] = both[0]\nx = both[1]\nout[1] = x + x", [4, 4]),
    "a part of a tuple is a copy": (
        "both = wp.quat_to_axis_angle(wp.quatf(0.0, 0.0, 1.0, 0.0))\nv = both[0]\nv[2] = 5.0\n"
        "w = both[0]\nout[0] = v[2]\nout[1] = w[2]",
        [5, 1],
    ),
    "an early return": ("out[0] = early(1.0)\nout[1] = early(-1.0)", [1, 0]),
}
DEFINITIONS = '''
@wp.struct
class S:
    a: wp.float32
    v: wp.vec2f

@wp.func
def bump(x: wp.float32):
    x += 1.0
    return x

@wp.func
def pair(x: wp.float32):
    """Two results."""
    return x + 1.0, x - 1.0

@wp.func
def early(x: wp.float32):
    if x < 0.0:
        return 0.0
    return x
'''


@pytest.mark.parametrize("case", STATEMENTS, ids=str)
def test_statements_do_what_they_do_in_warp(case: str) -> None:
    body, expected = STATEMENTS[case]
    outcome = run(body, definitions=DEFINITIONS, out=np.zeros(2, np.float32))
    assert outcome.values[0].tolist() == expected
    assert outcome.reasons == ()


def test_threads_run_in_the_order_of_their_indices() -> None:
    body = "i, j = wp.tid()\nout[i, j] = i * 10 + j"
    outcome = run(body, dim=(2, 3), out=np.zeros((2, 3), np.int32))
    assert outcome.values[0].tolist() == [[0, 1, 2], [10, 11, 12]]
    body = "i, j = wp.tid()\nwp.atomic_exch(last, 0, i * 10 + j)"
    assert run(body, dim=(2, 3), last=np.zeros(1, np.int32)).values[0].tolist() == [12]


def test_the_data_that_came_in_stays_as_it_was() -> None:
    out = np.zeros(1, np.float32)
    outcome = run("out[0] = 1.0", out=out)
    assert out[0] == 0.0
    assert outcome.values[0][0] == 1.0


def test_an_array_that_is_only_read_comes_back_and_a_value_does_not() -> None:
    outcome = run("out[0] = x[0] + s", x=np.ones(2, np.float32), s=np.float32(2), out=np.zeros(1, np.float32))
    assert outcome.values[0].tolist() == [1, 1]
    assert outcome.values[1] is None
    assert outcome.errors[1] is None


UNKNOWN = {
    r"no meaning for 'lambda: 1', line \d+": "f = lambda: 1",
    r"no meaning for breakpoint\(\)": "wp.breakpoint()",
    r"no meaning for add\(int32, float32\)": "out[0] = 1 + 1.0",
    r"no meaning for \.w\(vec2f\)": "out[0] = wp.vec2f().w",
    r"no meaning for 'wp.identity\(n=9, dtype=wp.float32\)'": "out[0] = wp.identity(n=9, dtype=wp.float32)[0, 0]",
}


@pytest.mark.parametrize("message", UNKNOWN, ids=str)
def test_what_the_grammar_does_not_write_is_said_to_have_no_meaning(message: str) -> None:
    with pytest.raises(NotImplementedError, match=message):
        run(UNKNOWN[message], out=np.zeros(1, np.float32))


def test_an_attribute_of_a_number_has_no_meaning() -> None:
    # Warp takes it for the number itself.
    with pytest.raises(NotImplementedError, match=r"\.y"):
        value("(5.5).y", F32, n=BIG, x=ONE)
