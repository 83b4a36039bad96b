"""What the small programs are given, and what they call."""

from __future__ import annotations

import numpy as np

ARGUMENTS = {
    "x": np.array([1.5, 2.5, 3.5], np.float32),
    "xx": np.array([[1.0, 2.0], [3.0, 4.0]], np.float32),
    "tmp": np.zeros(2, np.float32),
    "cnt": np.zeros(1, np.int32),
    "n": np.int32(3),
    "out": np.zeros(2, np.float32),
}
"""Every kernel has ``x``, ``n`` and ``out``."""

DEFINITIONS = """
@wp.struct
class S:
    k: wp.int32

@wp.func
def pick(x: wp.array(dtype=wp.float32), k: wp.int32):
    return x[k]

@wp.func
def pick2(x: wp.array(dtype=wp.float32), k: wp.int32):
    return x[k + 1] * 2.0

@wp.func
def pick3(x: wp.array(dtype=wp.float32), s: S):
    return x[s.k] * 2.0

@wp.func
def larger(x: wp.array(dtype=wp.float32), s: wp.float32):
    y = x[0]
    if s > x[1]:
        y = x[1] * 2.0
    return y

@wp.func
def outer(x: wp.array(dtype=wp.float32), s: wp.float32):
    return larger(x, s + 0.25)

@wp.func
def total(x: wp.array(dtype=wp.float32), m: wp.int32):
    s = wp.float32(0.0)
    for i in range(m):
        s += x[i]
    return s

@wp.func
def pickv(x: wp.array(dtype=wp.float32), k: wp.vec2i):
    return x[k[0]] * 2.0

@wp.func
def sq(v: wp.vec2f):
    return v[0] * v[1]

@wp.func
def rnd(s: wp.uint32):
    return wp.randf(s) * wp.randf(s)

@wp.struct
class V:
    v: wp.vec2f

@wp.func
def mk(a: wp.float32, b: wp.float32):
    s = V()
    s.v = wp.vec2f(a, b)
    return s

@wp.func
def sqv(s: V):
    return wp.dot(s.v, s.v)

@wp.func
def rx(s: wp.uint32, x: wp.float32):
    return wp.randf(s) * x * x

@wp.func
def rif(s: wp.uint32, x: wp.float32, y: wp.float32):
    if wp.randf(s) > 0.5:
        return x * x
    return y * y * y

@wp.func
def tp(t: wp.transformf):
    return wp.transform_point(t, wp.vec3f(1.0, 2.0, 3.0))

@wp.func
def sq3(v: wp.vec3f):
    return wp.dot(v, v)

@wp.func
def pickv2(x: wp.array(dtype=wp.float32), k: wp.vec2i):
    return x[k[0]] * x[k[1]]

@wp.func
def less2(v: wp.vec2f):
    if v[1] < 1.0:
        return v[0] * v[0]
    return v[0] * 7.0

@wp.func
def put(a: wp.array(dtype=wp.float32), v: wp.float32):
    a[0] = v

@wp.func
def add(a: wp.array(dtype=wp.float32), v: wp.float32):
    a[0] += v

@wp.func
def doubled(a: wp.array(dtype=wp.float32), v: wp.float32):
    return a[0] * v * 2.0

@wp.func
def shortened(w: wp.vec2f, a: wp.float32):
    t = a
    return wp.lerp(w, wp.vec2f(), t)

@wp.func
def times(w: wp.float32, k: wp.int32):
    m = k + 1
    return w * float(m)

@wp.func
def scaled(w: wp.float32, a: wp.float32):
    return w * (a * 0.5 + 1.0)

@wp.func
def twice_scaled(w: wp.float32, a: wp.float32):
    b = a + 1.0
    return scaled(w, b) * 2.0

@wp.func
def two(a: wp.float32, b: wp.float32):
    if a < b:
        return a * b
    return a * a

@wp.func
def summed(x: wp.array(dtype=wp.float32), n: wp.int32):
    s = wp.float32(0.0)
    for i in range(n):
        s += x[i]
    return s

@wp.func
def prod(x: wp.array(dtype=wp.float32), n: wp.int32):
    s = wp.float32(1.0)
    for i in range(n):
        s = s * x[i]
    return s

@wp.func
def choose(x: wp.array(dtype=wp.float32), ok: wp.bool):
    y = x[0]
    if ok:
        y = x[1] * 2.0
    return y
"""
