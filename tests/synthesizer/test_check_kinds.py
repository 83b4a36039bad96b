"""What people's kernels get wrong, kind by kind: the checker tells it from what is right, and Warp agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.synthesizer.witness import refusal
from warpsmith.synthesizer.check import check, check_file

HEAD = """from types import SimpleNamespace
from typing import Any

import numpy as np
import warp as wp

STAGES = (0.5, 1.0)
LABELS = ["left", "right"]
SAMPLES = np.linspace(0.0, 1.0, 8)
RATE = np.float64(0.25)
SETUP = SimpleNamespace(width=0.5)
LIMIT = wp.constant(2.5)
LANES = 4
ENORMOUS = 7 ** 6000
vec7 = wp.types.vector(length=7, dtype=float)
vec9 = wp.types.vector(length=9, dtype=float)
mat42 = wp.types.matrix(shape=(4, 2), dtype=float)
mat24 = wp.types.matrix(shape=(2, 4), dtype=float)


class Twist(wp.types.vector(length=6, dtype=float)):
    pass


@wp.struct
class Cloth:
    area: float
    rest: wp.array(dtype=wp.vec3)

    class Meta:
        order = 1

    def clear(self):
        self.area = 0.0


@wp.func
def apply(f: wp.Function, x: float):
    return f(x)


@wp.func
def bump(x: wp.ref[float]):
    x += 1.0


"""
KERNEL = """@wp.kernel(enable_backward=False)
def kernel(
    x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3), n: wp.array(dtype=int), h: wp.array(dtype=wp.uint64),
    w: wp.array(dtype=vec7), t: wp.array(dtype=mat42), u: wp.array(dtype=Twist), c: Cloth, a: float, k: int,
):
    {}
"""
BODIES = {
    "no body": ("...", "x[...] = a"),
    "an address": ("h[0] = wp.address_of(x[0])", "h[0] = wp.address_of(a * 2.0)"),
    "a reference": ("b = x[0]\n    bump(b)", "b = 2.0\n    bump(b)"),
    "expectations": ("wp.expect_eq(v[0], v[1])", "wp.expect_eq(v[0], wp.vec4())"),
    "many values of printf": (f"wp.printf('%f'{', a' * 32})", f"wp.printf('%f'{', a' * 33})"),
    "stars": ("v[0] = wp.vec3(*x[1:4])", "v[0] = wp.vec3(*x[-4:-1])"),
    "a function that is given": ("x[0] = apply(wp.cos, a)", "x[0] = apply(wp.length, a)"),
    "a loop": ("for i in range(k):\n        n[i] = k % LANES", "b = 1\n    for i in range(k):\n        b += i"),
    "a query": (
        "for i in wp.hash_grid_query(h[0], v[0], a):\n        n[0] += i",
        "for i in wp.hash_grid_query(h[0], v[0], a):\n        x[0] += i",
    ),
    "a handle": ("q = wp.bvh_query_aabb(h[0], v[0], v[1])", "q = wp.bvh_query_aabb(k, v[0], v[1])"),
    "a field of a query": (
        "q = wp.mesh_query_point(h[0], v[0], a)\n    x[0] = q.u",
        "q = wp.mesh_query_point(h[0], v[0], a)\n    x[0] = q.weight",
    ),
    "static": ("x[0] = wp.static(float(STAGES[1]))", "v[0] = wp.static(float(STAGES[1]))"),
    "static of a loop's name": (
        "x[0] = wp.static(STAGES[0])",
        "for i in range(k):\n        x[i] = wp.static(STAGES[i])",
    ),
    "a tile": (
        "b = wp.tile_load(v, shape=8)\n    wp.tile_store(v, b)",
        "b = wp.tile_load(v, shape=8)\n    wp.tile_store(n, b)",
    ),
    "a tile's shape": ("b = wp.tile_load(x, shape=LANES)", "b = wp.tile_load(x, shape=k)"),
    "a class of a vector": ("b = Twist()\n    b[0] = a\n    u[0] = b", "b = Twist()\n    b[0] = k\n    u[0] = b"),
    "the size of an array": ("n[0] = x.shape[0]", "n[0] = x.nbytes"),
    "a loop over numbers": ("for i in range(1, 3):\n        n[i] = i", "for i in [1, 3]:\n        n[i] = i"),
    "a function of Python's side": ("b = wp.zeros(3, dtype=float)", "b = wp.ones(3, dtype=float)"),
    "a tuple from outside": ("x[0] = LIMIT", "x[0] = STAGES[0]"),
    "a list from outside": ("n[0] = LANES", "x[0] = LABELS[0]"),
    "an array from outside": ("x[0] = x[1]", "x[0] = SAMPLES[1]"),
    "a number of NumPy's": ("x[0] = wp.static(float(RATE))", "x[0] = RATE"),
    "an instance from outside": ("x[0] = c.area", "x[0] = SETUP.width"),
    "a product of own sizes": ("w[0] = w[0] * a", "t[0] = t[0] * t[0]"),
    "a matrix by a vector": ("b = t[0] * wp.vec2(a, a)\n    x[0] = b[3]", "b = t[0] * v[0]"),
    "a transposed matrix by a vector": (
        "b = wp.vec2(a, a) + wp.transpose(t[0]) * wp.vec4()",
        "b = wp.vec3() + wp.transpose(t[0]) * wp.vec4()",
    ),
    "a matrix of a shape by a vector": (
        "b = wp.vec2() + wp.matrix(a, shape=(2, 3), dtype=float) * v[0]",
        "v[0] = wp.matrix(a, shape=(2, 3), dtype=float) * v[0]",
    ),
    "the trace of own sizes": ("x[0] = wp.trace(wp.transpose(t[0]) * t[0])", "x[0] = wp.trace(t[0])"),
    "a dot product of own sizes": ("x[0] = wp.dot(w[0], w[1])", "x[0] = wp.dot(w[0], vec9())"),
    "a sum of own sizes": ("w[0] = w[0] + w[1]", "w[0] = w[0] + vec9()"),
    "a struct with a method": ("v[0] = c.rest[0]", "c.clear()"),
}


def verdict(source: str) -> str:
    """What the checker says of the last kernel."""
    return check(source).verdicts[-1].verdict


def both(right: str, wrong: str) -> None:
    """The right text is accepted and the wrong one refused, by the checker and by Warp."""
    assert (verdict(right), refusal(right)) == ("accepted", None)
    assert verdict(wrong) == "refused"
    assert refusal(wrong) is not None


@pytest.mark.parametrize("kind", BODIES)
def test_a_kind_of_body(kind: str) -> None:
    right, wrong = (HEAD + KERNEL.format(text) for text in BODIES[kind])
    both(right, wrong)


PROGRAMS = {
    "an annotation of no type": (
        "@wp.kernel\ndef kernel(x: {}):\n    y = x[0]\n",
        "wp.array2d(dtype=int)",
        "wp.array2d",
    ),
    "an annotation of Python's": ("@wp.kernel\ndef kernel(x: {}):\n    y = x[0]\n", "wp.array(dtype=wp.vec2)", "dict"),
    "an annotation of NumPy's": (
        "@wp.kernel\ndef kernel(x: {}):\n    y = x[0]\n",
        "wp.array(dtype=wp.float16)",
        "np.ndarray",
    ),
    "a result's annotation": (
        "@wp.func\ndef through(f: wp.Function, x: float) -> {}:\n    return f(x)\n\n\n"
        "@wp.kernel\ndef kernel(x: wp.array(dtype=float)):\n    x[0] = float(through(wp.sqrt, x[0]))\n",
        "float",
        "int",
    ),
    "a parameter of a factory": (
        "def make(width: {}):\n    @wp.kernel\n    def kernel(x: wp.array(dtype=float)):\n"
        "        x[0] = x[1] * width\n\n    return kernel\n\n\nmade = make(LIMIT if {} is float else LANES)\n",
        "float",
        "int",
    ),
    "a generic kernel": (
        "@wp.kernel\ndef kernel(x: wp.array(dtype=Any)):\n    x[0] = {}\n\n\n"
        "wp.overload(kernel, [wp.array(dtype=float)])\n",
        "x[1]",
        "missing",
    ),
    "a kernel by a call": (
        "def body(x: wp.array(dtype=float)):\n    x[0] = {}\n\n\nkernel = wp.Kernel(body)\n",
        "x[1]",
        "missing",
    ),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_kind_of_program(kind: str) -> None:
    text, *holes = PROGRAMS[kind]
    right, wrong = (HEAD + text.replace("{}", hole) for hole in holes)
    both(right, wrong)


def test_the_mode_that_checks_the_order_of_updates_is_unknown_where_it_matters() -> None:
    text = """@wp.kernel(
    module="unique", enable_backward=False, module_options={"deterministic": wp.DeterministicMode.RUN_TO_RUN}
)
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    wp.atomic_add(x, 0, 1.0)
    y[0] = HOLE[1]
"""
    right, wrong = (HEAD + text.replace("HOLE", name) for name in "yx")
    assert (verdict(right), refusal(right)) == ("accepted", None)
    assert verdict(wrong) == "unknown"
    assert refusal(wrong) is not None


def test_a_number_that_is_too_large_is_told() -> None:
    assert verdict(HEAD + KERNEL.format("x[0] = float(ENORMOUS)")) in ("unknown", "refused")


def test_a_fault_of_one_use_is_not_told_of_the_other() -> None:
    text = HEAD + "@wp.kernel\ndef {}kernel(x: wp.array(dtype=float)):\n    x[0] = apply({}, x[0])\n\n\n"
    source = text.format("first_", "wp.sin") + text.removeprefix(HEAD).format("second_", "wp.printf")
    assert [(v.name, v.verdict) for v in check(source).verdicts if "kernel" in v.name] == [
        ("first_kernel", "accepted"),
        ("second_kernel", "refused"),
    ]


OTHER = """import warp as wp

COUNT = 3
mat43 = wp.types.matrix(shape=(4, 3), dtype=float)


@wp.struct
class Rod:
    length: float


@wp.func
def area(x: float) -> float:
    return x * x


@wp.func
def lever(x: wp.vec3):
    return mat43(x[0])
"""
ACROSS = [
    ("from other import Rod", "r: Rod, x: wp.array(dtype=float)", "x[0] = r.length", "x[0] = r.width"),
    ("from other import mat43", "m: wp.array(dtype=mat43)", "m[0] = m[1] * 2.0", "m[0] = m[1] * m[1]"),
    ("from other import area", "v: wp.array(dtype=wp.vec3)", "v[0] = v[0] * area(2.0)", "v[0] = area(2.0)"),
    ("from other import lever", "q: wp.array(dtype=wp.vec4), v: wp.vec3", "q[0] = lever(v) @ v", "q[0] = v @ lever(v)"),
    (
        "from other import COUNT",
        "n: wp.array(dtype=int)",
        "for i in range(COUNT):\n        n[i] = COUNT",
        "n[0] = Count",
    ),
]


@pytest.mark.parametrize(("names", "parameters", "right", "wrong"), ACROSS)
def test_a_kind_across_files(tmp_path: Path, names: str, parameters: str, right: str, wrong: str) -> None:
    (tmp_path / "other.py").write_text(OTHER)
    for text, expected in ((right, "accepted"), (wrong, "refused")):
        file = tmp_path / "checked.py"
        file.write_text(f"import warp as wp\n{names}\n\n\n@wp.kernel\ndef kernel({parameters}):\n    {text}\n")
        assert check_file(file).verdicts[0].verdict == expected
