"""Bodies with a hole each, and the texts that are put into it: those that are fine, and those that are wrong."""

from __future__ import annotations

from collections.abc import Iterator

HEAD = """import math
from typing import Any

import numpy as np
import warp as wp

DT = 0.01
COUNT = 4
GRAVITY = wp.vec3(0.0, -9.8, 0.0)
TABLE = [1.0, 2.0]
NAME = "x"
STEP = np.float32(0.5)
vec5 = wp.types.vector(length=5, dtype=float)
mat23 = wp.types.matrix(shape=(2, 3), dtype=float)


@wp.struct
class Params:
    mass: float
    origin: wp.vec3
    n: int


class Config:
    scale = 2.0
    bins = 8


@wp.func
def half(x: float):
    return x * 0.5


@wp.func
def pair(x: float):
    return x, int(x)


@wp.func
def twice(x: Any):
    return x + x


def python_helper(x):
    return x


@wp.kernel
def kernel(
    x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3), g: wp.array2d(dtype=float), n: wp.array(dtype=int),
    w: wp.array(dtype=vec5), r: wp.array(dtype=mat23), p: Params, a: float, k: int, mesh: wp.uint64,
):
    i = wp.tid()
"""
IDIOMS: dict[str, tuple[list[str], list[str]]] = {
    # a body with a hole: texts that are fine, texts that are wrong
    "x[i] = {}": (
        ["a", "half(a)", "float(k)", "a * 2.0", "DT", "p.mass", "Config.scale", "math.pi", "v[i].x", "wp.length(v[i])",
         "wp.dot(v[i], GRAVITY)", "twice(a)", "-a", "a if k > 0 else 1.0", "float(n[i])", "wp.where(k > 0, a, 0.0)",
         "g[i, 0]", "w[i][3]", "wp.static(TABLE[0])", "wp.static(float(COUNT))", "x[i - 1]", "wp.min(a, x[0])",
         "wp.sin(a) + wp.cos(x[i])", "wp.float32(k)", "wp.pow(a, 2.0)", "a ** 2.0", "wp.clamp(a, 0.0, 1.0)",
         "wp.randf(wp.rand_init(42, i))", "wp.norm_l2(v[i])", "v[i][1]", "wp.dot(w[i], w[0])", "r[i][0, 1]"],
        ["1", "k", "n[i]", "v[i]", "a + 1", "k * a", "wp.length(a)", "math.sin(a)", "np.sin(a)", "TABLE[0]", "NAME",
         "STEP", "python_helper(a)", "pair(a)", "undefined", "p.weight", "wp.nosuch(a)", "half(k)", "half(a, a)",
         "wp.sin(k)", "a // k", "a if k > 0 else 1", "wp.where(k > 0, a, 0)", "g[i]", "x[a]", "x", "None", "'text'",
         "[a]", "wp.dot(v[i], a)", "wp.cross(v[i], v[i])", "v[i].w", "abs(v[i])", "a ** 2", "half", "wp.vec3",
         "wp.dot(w[i], v[i])", "len(TABLE)", "wp.zeros(3, dtype=float)", "sum(x)", "x.mean()", "wp.static(a)"],
    ),
    "v[i] = {}": (
        ["v[0]", "v[i] + GRAVITY", "v[i] * a", "a * v[i]", "wp.vec3(a, 0.0, 0.0)", "wp.vec3()", "wp.vec3(0.0)",
         "wp.cross(v[i], v[0])", "wp.normalize(v[i])", "p.origin", "-v[i]", "v[i] / a", "wp.vec3(*v[i])",
         "wp.vec3f(1.0, 2.0, 3.0)", "wp.transpose(r[i]) * wp.vec2(a, a)", "twice(v[i])", "wp.lerp(v[i], v[0], a)",
         "wp.quat_rotate(wp.quat_identity(), v[i])", "wp.vec3(1, 2, 3)", "wp.cw_mul(v[i], v[0])"],
        ["a", "v[i] + a", "v[i] * v[0]", "k * v[i]", "wp.vec3(a, a)", "wp.vec3(k, k, k)", "(a, a, a)", "wp.vec2(a, a)",
         "wp.vec4(a, a, a, a)", "[a, a, a]", "np.zeros(3)", "wp.normalize(a)", "v[i] + 1.0", "v", "r[i] * v[i]",
         "wp.vec3d()", "wp.quat_rotate(v[i], v[i])", "w[i]", "v[i] ** 2.0", "wp.cross(v[i], a)"],
    ),
    "s = {}\n    for j in range(k):\n        s += 1.0\n    x[i] = s": (
        ["float(0.0)", "a", "x[i]", "half(a)", "a * 0.0", "wp.float32(0.0)"],
        ["0.0", "0", "DT", "1.0", "int(0)", "v[i]"],
    ),
    "for j in {}:\n        x[i] = x[i] + a": (
        ["range(3)", "range(k)", "range(0, k, 2)", "range(COUNT)", "range(n[i])", "range(Config.bins)",
         "range(x.shape[0])", "range(k - 1, 0, -1)"],
        ["k", "x", "(1, 2)", "range(a)", "[0, 1]", "range(1.0)", "TABLE", "enumerate(x)", "range()"],
    ),
    "wp.atomic_add({})": (
        ["x, 0, a", "n, 0, 1", "v, i, v[0]", "g, i, 0, a", "n, i, k", "x, k, 1.0"],
        ["x, 0, 1", "x, a, a", "n, 0, a", "g, 0, a", "v, 0, a", "x, 0", "x[0], a", "k, 0, 1", "TABLE, 0, a"],
    ),
    "if {}:\n        x[i] = 0.0": (
        ["k > 0", "a > 1.0", "k", "a < x[i] and k > 1", "not (k > 0)", "i == 0 or i == k", "0 < k < 10", "True",
         "a != 0.0", "k > a", "v[i] == v[0]"],
        ["v[i]", "k is 0", "k in n", "v[i] > v[0]", "v[i] == a", "'x'.y", "x[i] is None", "p", "wp.vec3"],
    ),
    "q = {}\n    x[i] = q.t": (
        ["wp.mesh_query_ray(mesh, v[i], v[0], 1.0)", "wp.mesh_query_ray(mesh, v[i], v[0], a)"],
        ["wp.mesh_query_ray(k, v[i], v[0], 1.0)", "wp.mesh_query_ray(mesh, v[i], a, 1.0)", "v[i]", "p", "x",
         "wp.mesh_query_ray(mesh, v[i])", "wp.mesh_query_point(mesh, v[i], 1.0)"],
    ),
    "{}": (
        ["x[i] += a", "g[i, 0] = a", "n[i] = k // 2", "v[i] = v[i]", "x[0] -= 1.0", "pass", "return", "print(a)",
         "m = wp.mat33()\n    m[0, 0] = a", "b, c = pair(a)\n    n[i] = c", "j = wp.int32(3)\n    j = j + k",
         "q = Params()\n    q.mass = a", "t = v[i]\n    t.x = a\n    v[i] = t", "n[i] += 1", "w[i] = w[i] + w[0]",
         "assert k > 0", "b = a\n    b *= 2.0\n    x[i] = b", "s = int(0)\n    while s < k:\n        s += 1"],
        ["x[i] += 1", "g[i] = a", "n[i] = k / 2.0", "b = a\n    b = 1", "return a", "b: float = a", "b = c = a",
         "del a",
         "b = a\n    b += 1", "try:\n        pass\n    except ValueError:\n        pass", "import math", "global DT",
         "b = [j for j in range(3)]", "b = lambda y: y", "with a:\n        pass", "raise ValueError", "p.mass = k",
         "b, c = a", "b, c = pair(a), k, k", "v[i].x = k", "x[i], x[0] = a, a", "a.b = 1.0", "kernel(x)", "yield a",
         "s = 0\n    while s < k:\n        s += 1", "x.append(a)", "b = {}", "b = {1: a}", "print(a, k)", "f = f'{a}'",
         "if k > 0:\n        b = 1\n    else:\n        b = 1.0\n    x[i] = float(b)", "GRAVITY[0] = a", "w[i] = v[i]"],
    ),
}  # fmt: skip
"""What is known of the verdicts comes from Warp; the split says only what a kind of text is meant to be."""


def lines() -> Iterator[str]:
    """Each idiom filled in."""
    for body, texts in IDIOMS.items():
        for text in (*texts[0], *texts[1]):
            yield text if body == "{}" else body.replace("{}", text)
