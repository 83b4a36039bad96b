"""Small programs about what Warp's backward pass still has of the forward one, and what is to be said of each.

Each is the body of a kernel with the parameters of :data:`ARGUMENTS`; those that it does not name are left out.
"""

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

AGREES = {
    "if of a float compare changed later": (
        "s = x[2]\ny = x[0]\nif s > x[1]:\n    y = x[1] * 2.0\nfor i in range(n):\n    s = x[0]\nout[0] = y"
    ),
    "index expr of changed": ("k = int(0)\ny = x[k + 1] * 2.0\nfor i in range(n):\n    k = 1\nout[0] = y"),
    "view by carried index in loop": (
        "y = float(0.0)\nk = int(0)\nfor i in range(2):\n    v = xx[k]\n    y += v[0]\n    k = 1\nout[0] = y"
    ),
    "slice of vec": (
        "k = int(0)\nv = wp.vec3f(x[0], x[1], x[2])\nw = v * float(k + 1)\nfor i in range(n):\n    k = 1\nout[0] = w[0]"
    ),
    "alias then change": ("k = int(0)\nm = k\ny = x[m] * 2.0\nfor i in range(n):\n    k = 1\nout[0] = y"),
    "alias changed": ("k = int(0)\nm = k\ny = x[k] * 2.0\nfor i in range(n):\n    m = 1\nout[0] = y"),
    "parameter changed": ("y = x[n - 3] * 2.0\nfor i in range(3 + n - n):\n    y += x[1]\nout[0] = y"),
    "min int": ("k = int(0)\nm = wp.min(k, 1)\ny = x[m] * 2.0\nfor i in range(n):\n    k = 1\nout[0] = y"),
    "vec store index": (
        "k = int(0)\nv = wp.vec3f()\nv[k] = x[0]\nfor i in range(n):\n    k = 1\nout[0] = v[0] * 2.0 + v[1] * 3.0"
    ),
    "and": (
        "ok = x[0] < 9.0\n"
        "y = x[0]\n"
        "if ok and x[1] < 9.0:\n"
        "    y = x[1] * 2.0\n"
        "for i in range(n):\n"
        "    ok = x[i] > 9.0\n"
        "out[0] = y"
    ),
    "not": (
        "ok = x[0] > 9.0\ny = x[0]\nif not ok:\n    y = x[1] * 2.0\nfor i in range(n):\n    ok = x[i] < 9.0\nout[0] = y"
    ),
    "int into a float": ("k = int(2)\ny = x[0] * float(k)\nfor i in range(n):\n    k = 7\nout[0] = y"),
    "mod by": ("k = int(2)\ny = x[0] * float(k % 3)\nfor i in range(n):\n    k = 7\nout[0] = y"),
    "swizzle int vec index": (
        "k = wp.vec2i(0, 1)\ny = x[k[0]]\nfor i in range(n):\n    k = wp.vec2i(2, 2)\nout[0] = y"
    ),
    "int vec index var": (
        "k = wp.vec2i(0, 1)\nm = k[0]\ny = x[m]\nfor i in range(n):\n    k = wp.vec2i(2, 2)\nout[0] = y"
    ),
    "behind: float": ("for i in range(n):\n    s = x[i]\nout[0] = s * s"),
    "copies inner name": (
        "y = float(0.0)\n"
        "for s in range(2):\n"
        "    for i in range(n):\n"
        "        k = int(0)\n"
        "        y += x[k] * 2.0\n"
        "        k = i\n"
        "out[0] = y"
    ),
    "copies inner name in if": (
        "y = float(0.0)\n"
        "for s in range(2):\n"
        "    for i in range(n):\n"
        "        if x[i] > 2.0:\n"
        "            k = int(0)\n"
        "            y += x[k] * 2.0\n"
        "out[0] = y"
    ),
    "copies inner float in if": (
        "for s in range(2):\n"
        "    for i in range(n):\n"
        "        if x[i] > 2.0:\n"
        "            a = x[i] * 2.0\n"
        "            out[0] += a * a"
    ),
    "copies inner float": (
        "for s in range(2):\n    for i in range(n):\n        a = x[i] * 2.0\n        out[0] += a * a"
    ),
    "copies while inner float": (
        "for s in range(2):\n"
        "    i = int(0)\n"
        "    while i < n:\n"
        "        a = x[0] * 2.0\n"
        "        out[0] += a * a\n"
        "        i += 1"
    ),
    "two loops one name": (
        "for i in range(n):\n"
        "    a = x[i] * 2.0\n"
        "    out[0] += a * a\n"
        "for i in range(n):\n"
        "    a = x[i] * 3.0\n"
        "    out[0] += a * a * a"
    ),
    "two loops one int": (
        "for i in range(n):\n"
        "    k = i - 1 + 1\n"
        "    out[0] += x[k] * x[k]\n"
        "for j in range(n):\n"
        "    k = 2 - j\n"
        "    out[0] += x[k] * x[j]"
    ),
    "if binds then loop binds": (
        "if x[0] < 9.0:\n"
        "    a = x[1] * 2.0\n"
        "    out[0] += a * a\n"
        "for i in range(n):\n"
        "    a = x[i] * 3.0\n"
        "    out[0] += a * a * a"
    ),
    "loop var reused": (
        "for i in range(n):\n    out[0] += x[i] * x[i]\nfor i in range(n):\n    out[0] += x[i] * x[i] * x[i]"
    ),
    "loop var reused in a loop": (
        "for j in range(n):\n"
        "    for i in range(n):\n"
        "        out[0] += x[i] * x[j]\n"
        "    for i in range(n):\n"
        "        out[0] += x[i] * x[i] * x[j]"
    ),
    "loop var reused after use": ("k = int(1)\nout[0] = x[k] * 2.0\nfor k in range(n):\n    out[1] += x[k]"),
    "branch in dynamic loop with bool": (
        "for i in range(n):\n    ok = x[i] > 2.0\n    if ok:\n        out[0] += x[i] * x[i]"
    ),
    "branch rebinding": (
        "y = x[0]\nok = x[1] > 2.0\nif ok:\n    ok = x[0] > 2.0\n    y = y * x[1]\nif ok:\n    y = y * x[2]\nout[0] = y"
    ),
    "rebinding bool straight": (
        "y = x[0]\nok = x[1] > 2.0\nif ok:\n    y = y * x[1]\nok = x[0] > 2.0\nif ok:\n    y = y * x[2]\nout[0] = y"
    ),
    "rebinding index straight": ("k = int(0)\ny = x[k] * 2.0\nk = 1\ny += x[k] * 3.0\nout[0] = y"),
    "augmented index straight": ("k = int(0)\ny = x[k] * 2.0\nk += 1\ny += x[k] * 3.0\nout[0] = y"),
    "augmented index in static loop": (
        "k = int(0)\n"
        "y = float(0.0)\n"
        "for i in range(3):\n"
        "    y += x[k] * float(i)\n"
        "    k += 1\n"
        "    k = k % 3\n"
        "out[0] = y"
    ),
    "vec component index straight": ("k = wp.vec2i(0, 1)\ny = x[k[0]] * 2.0\nk[0] = 2\ny += x[k[0]] * 3.0\nout[0] = y"),
    "vec component bool straight": (
        "v = wp.vec2f(x[0], x[1])\n"
        "y = x[0]\n"
        "if v[0] < v[1]:\n"
        "    y = x[2] * 2.0\n"
        "v[0] = 9.0\n"
        "if v[0] < v[1]:\n"
        "    y = x[1] * 3.0\n"
        "out[0] = y"
    ),
    "vec component where straight": (
        "k = wp.vec2i(0, 1)\ny = x[k[1]] * x[0]\nk[1] += 1\nk[1] -= 1\nk[1] += 1\nout[0] = y"
    ),
    "struct field straight": ("s = S()\ns.k = 0\ny = x[s.k] * 2.0\ns.k = 1\ny += x[s.k] * 3.0\nout[0] = y"),
    "struct field if straight": (
        "s = S()\n"
        "s.k = 0\n"
        "y = x[0]\n"
        "if s.k == 0:\n"
        "    y = x[1] * 2.0\n"
        "s.k = 1\n"
        "if s.k == 0:\n"
        "    y = x[2] * 3.0\n"
        "out[0] = y"
    ),
    "struct copied then changed": ("s = S()\ns.k = 0\nt = s\ns.k = 1\nout[0] = x[t.k] * 2.0 + x[s.k] * 3.0"),
    "vec float passed then changed": ("v = wp.vec2f(x[0], x[1])\ny = sq(v)\nv[0] = 3.0\nout[0] = y"),
    "random in if": (
        "s = wp.rand_init(1)\n"
        "y = x[0]\n"
        "if wp.randf(s) > 0.5:\n"
        "    y = x[1] * 2.0\n"
        "if wp.randf(s) > 0.5:\n"
        "    y += x[2] * 2.0\n"
        "out[0] = y"
    ),
    "random fresh in loop": (
        "for i in range(n):\n    s = wp.rand_init(1, i)\n    out[0] += x[i] * wp.randf(s) * wp.randf(s)"
    ),
    "random in func": ("s = wp.rand_init(1)\ny = x[0] * rnd(s)\nout[0] = y * wp.randf(s)"),
    "random in func with slope": ("s = wp.rand_init(1)\ny = rx(s, x[0])\nout[0] = y"),
    "random in func with slope, twice": ("s = wp.rand_init(1)\ny = rx(s, x[0])\nz = rx(s, x[1])\nout[0] = y + z"),
    "random before func": ("s = wp.rand_init(1)\nz = wp.randf(s)\ny = rx(s, x[0])\nout[0] = y * z"),
    "random in func decides": (
        "s = wp.rand_init(1)\ny = rif(s, x[0], x[1])\nz = rif(s, x[1], x[2])\nout[0] = y * 2.0 + z"
    ),
    "vec fresh store after func": ("v = wp.vec3f()\nv[0] = x[0]\nd = sq3(v)\nv[1] = x[1]\nout[0] = d * v[1]"),
    "vec fresh store after use": ("v = wp.vec3f()\nv[0] = x[0]\nd = wp.dot(v, v)\nv[1] = x[1]\nout[0] = d * v[1]"),
    "vec fresh int store after use": ("k = wp.vec2i()\nk[0] = 1\ny = x[k[0]] * x[k[1]]\nk[1] = 2\nout[0] = y"),
    "struct vec field": (
        "s = V()\ns.v = wp.vec2f(x[0], x[1])\nd = wp.dot(s.v, s.v)\ns.v = wp.vec2f(5.0, 6.0)\nout[0] = d"
    ),
    "struct vec field func": ("s = V()\ns.v = wp.vec2f(x[0], x[1])\nd = sqv(s)\nout[0] = d"),
    "struct vec field func, twice": (
        "s = V()\ns.v = wp.vec2f(x[0], x[1])\nd = sqv(s)\nt = V()\nt.v = wp.vec2f(x[2], x[1])\nd += sqv(t)\nout[0] = d"
    ),
    "struct in static loop": (
        "s = V()\n"
        "d = float(0.0)\n"
        "for i in range(2):\n"
        "    s.v = wp.vec2f(x[i], x[1])\n"
        "    d += wp.dot(s.v, s.v)\n"
        "out[0] = d"
    ),
    "struct rebuilt in static loop": (
        "d = float(0.0)\nfor i in range(2):\n    s = V()\n    s.v = wp.vec2f(x[i], x[1])\n    d += sqv(s)\nout[0] = d"
    ),
    "struct in branch changed": (
        "s = V()\ns.v = wp.vec2f(x[0], x[1])\nif x[0] < 9.0:\n    s.v = wp.vec2f(x[2], x[1])\nout[0] = wp.dot(s.v, s.v)"
    ),
    "struct returned": ("s = mk(x[0], x[1])\nt = mk(s.v[0] * s.v[1], x[2])\nout[0] = wp.dot(t.v, s.v)"),
    "struct reassigned": ("s = mk(x[0], x[1])\nd = sqv(s)\ns = mk(x[1], x[2])\nout[0] = d * sqv(s)"),
    "struct copied then field changed": (
        "s = mk(x[0], x[1])\nt = s\nt.v = wp.vec2f(9.0, 9.0)\nout[0] = wp.dot(s.v, s.v)"
    ),
    "struct where": ("s = mk(x[0], x[1])\nt = mk(x[1], x[2])\nu = s if x[0] < 9.0 else t\nout[0] = wp.dot(u.v, u.v)"),
    "vec field component read": ("s = V()\ns.v = wp.vec2f(x[0], x[1])\ny = s.v[0] * s.v[1]\nout[0] = y"),
    "function writes array": ("put(out, x[0] * x[1])\nout[1] = x[2] * x[2]"),
    "function writes then reads": ("put(tmp, x[0] * x[1])\ny = tmp[0] * x[2]\nout[0] = y"),
    "function adds": "add(out, x[0] * x[1])\nadd(out, x[2] * x[2])",
    "function adds then reads": "add(tmp, x[0] * x[1])\nout[0] = tmp[0] * x[2]",
    "function adds, another reads": "add(tmp, x[0] * x[1])\nout[0] = doubled(tmp, x[2])",
    "function adds then adds": "add(tmp, x[0] * x[1])\ntmp[0] += x[2] * x[2]\nout[0] = tmp[0]",
    "function stores then adds then reads": "put(tmp, x[0])\ntmp[0] += x[1]\nout[0] = tmp[0] * x[2]",
    "function stores then stores then reads": "put(tmp, x[0])\ntmp[0] = x[1] * x[1]\nout[0] = tmp[0] * x[2]",
    "function stores twice then reads": "put(tmp, x[0])\nput(tmp, x[1])\nout[0] = tmp[0] * x[2]",
    "stores then function stores then reads": "tmp[0] = x[1] * x[1]\nput(tmp, x[0])\nout[0] = tmp[0] * x[2]",
    "what a loop computes with, changed straight": (
        "t = 0.5 * float(n)\nfor i in range(n):\n    u = t * 2.0\n    out[0] += x[i] * u\nt = 9.0\nout[1] = t"
    ),
    "what a loop computes with, and another changed by a later loop": (
        "t = 0.5 * float(n)\n"
        "r = 0.5 * float(n)\n"
        "for i in range(n):\n"
        "    u = t * 2.0\n"
        "    out[0] += x[i] * u\n"
        "for j in range(n):\n"
        "    r = 9.0"
    ),
    "what an unrolled loop computes with, changed by a later loop": (
        "t = 0.5 * float(n)\n"
        "for i in range(2):\n"
        "    u = t * 2.0\n"
        "    out[0] += x[i] * u\n"
        "for j in range(n):\n"
        "    t = 9.0"
    ),
    "value argument changed later": (
        "t = 0.25 * float(n)\n"
        "v = shortened(wp.vec2f(x[0], x[1]), t)\n"
        "for i in range(n):\n"
        "    t = 0.0\n"
        "out[0] = v[0] * 2.0"
    ),
    "int argument changed later": "k = n + 0\ny = times(x[0], k)\nfor i in range(n):\n    k = 9\nout[0] = y",
    "argument of two functions changed later": (
        "t = float(n)\ny = twice_scaled(x[0], t)\nfor i in range(n):\n    t = 9.0\nout[0] = y"
    ),
    "copy of an argument changed later": (
        "t = float(n)\nu = t\ny = twice_scaled(x[0], t)\nfor i in range(n):\n    u = 9.0\nout[0] = y"
    ),
    "array written then read": ("tmp[0] = x[0] * x[1]\ny = tmp[0] * tmp[0]\nout[0] = y"),
    "array written twice": ("out[0] = x[0] * x[1]\nout[0] = x[1] * x[2]"),
    "array written, added": ("out[0] = x[0] * x[1]\nout[0] += x[1] * x[2]"),
    "array added, written": ("out[0] += x[0] * x[1]\nout[0] = x[1] * x[2]"),
    "array max": ("wp.atomic_max(out, 0, x[0] * x[1])\nwp.atomic_max(out, 0, x[1] * x[2])"),
    "array min of equal": ("wp.atomic_min(out, 0, x[0] * 0.0 - 1.0)\nwp.atomic_min(out, 0, x[1] * 0.0 - 1.0)"),
    "early return": ("if x[0] > 9.0:\n    return\nout[0] = x[0] * x[1]"),
    "early return taken": ("out[1] = x[2] * x[2]\nif x[0] < 9.0:\n    return\nout[0] = x[0] * x[1]"),
    "return in unrolled": ("for i in range(3):\n    out[0] += x[i] * x[i]\n    if i == 1:\n        return"),
    "function with returns": ("y = two(x[0], x[1])\nz = two(x[2], x[1])\nout[0] = y * z"),
    "function in condition": ("y = x[0]\nif two(x[0], x[1]) > 1.0:\n    y = y * x[2]\nout[0] = y"),
    "function twice nested": ("out[0] = two(two(x[0], x[1]), two(x[1], x[2]))"),
    "function with dynamic loop": ("out[0] = summed(x, n) * x[0]"),
    "function of array and index": ("out[0] = pick(x, n - 1) * pick(x, n - 2)"),
    "continue in unrolled": (
        "y = float(0.0)\nfor i in range(3):\n    if i == 1:\n        continue\n    y += x[i] * x[i]\nout[0] = y"
    ),
    "continue by value in unrolled": (
        "y = float(0.0)\n"
        "for i in range(3):\n"
        "    if x[i] > 2.0 and x[i] < 3.0:\n"
        "        continue\n"
        "    y += x[i] * x[i]\n"
        "out[0] = y"
    ),
    "cond nested": ("out[0] = (x[0] * x[1] if x[1] < x[2] else x[1]) if x[0] < x[1] else x[2] * x[0]"),
    "bool from cond": ("ok = True if x[0] < x[1] else False\ny = x[0]\nif ok:\n    y = x[1] * x[2]\nout[0] = y"),
    "unrolled carry": ("y = x[0]\nfor i in range(3):\n    y = y * x[i]\nout[0] = y"),
    "unrolled if carry": ("y = x[0]\nfor i in range(3):\n    if y < x[i] * 3.0:\n        y = y * x[i]\nout[0] = y"),
    "aug mul local": ("y = x[0]\ny *= x[1]\ny /= x[2]\ny -= x[0]\nout[0] = y"),
    "if else assigned": (
        "y = x[0]\nif x[0] < x[1]:\n    y = y * x[1]\n    y = y * x[1]\nelse:\n    y = y * x[2]\nout[0] = y * y"
    ),
    "name of an unrolled loop bound in a later loop": (
        "t = x[0]\nfor j in range(1):\n    v = wp.cbrt(t)\n    t = v\nfor i in range(n):\n    v = x[1]\nout[0] = t"
    ),
    "name of an unrolled loop bound in a later loop of a branch": (
        "t = x[0]\nfor j in range(1):\n    v = wp.cbrt(t)\n    t = v\n"
        "if n > 2:\n    for i in range(n):\n        v = x[1]\nout[0] = t"
    ),
    "name of both branches changed in a loop": (
        "if n > 2:\n    v = x[0] * x[1]\nelse:\n    v = x[1]\nfor i in range(n):\n    v = v * x[2]\nout[0] = v"
    ),
    "name of an unrolled loop changed in a loop": (
        "for j in range(2):\n    v = x[j] * x[1]\nfor i in range(n):\n    v = v * x[2]\nout[0] = v"
    ),
    "name of both branches that two loops read": (
        "if n > 2:\n    v = 0.5 * float(n)\nelse:\n    v = 1.0 * float(n)\n"
        "for i in range(n):\n    out[0] += x[i] * (v * 2.0)\nfor j in range(n):\n    w = v\n    out[1] += w * x[j]"
    ),
    "noise after random": "s = wp.rand_init(1)\nz = wp.randf(s)\ny = wp.noise(s, x[0])\nout[0] = y * z",
    "while test by way of what it binds itself": (
        "m = int(0)\nfor i in range(n):\n    m += 1\nk = int(0)\ny = float(0.0)\n"
        "while k < 4:\n    m = 2\n    y += x[0]\n    k += m\nout[0] = y"
    ),
    "while zero trips": ("y = x[0]\nk = int(5)\nwhile k < 2:\n    y = y * x[1]\n    k += 1\nout[0] = y"),
    "for zero trips": ("y = x[0]\nfor i in range(n - 3):\n    y = y * x[1]\nout[0] = y * y"),
    "for one trip": ("y = x[0]\nfor i in range(n - 2):\n    y = y * x[1]\nout[0] = y"),
    "negative index": ("out[0] = xx[-1, -2] * x[-1]"),
    "negative vec index": ("v = wp.vec3f(x[0], x[1], x[2])\nout[0] = v[-1] * v[-2]"),
    "slice store": ("v = wp.vec3f()\nv[0:2] = wp.vec2f(x[0], x[1])\nout[0] = v[0] * v[1]"),
    "element multiplied in place and then added to": ("out[0] *= x[0]\nout[0] += 1.0"),
    "local array loop": (
        "t = wp.zeros(shape=3, dtype=wp.float32)\nfor i in range(3):\n    t[i] = x[i] * x[0]\nout[0] = t[0] + t[2]"
    ),
}
"""Those whose gradients Warp has right; where a part of one is open, the rest is."""

LOOP = "a value carried through a dynamic loop"
REASSIGNED = "a component that is assigned again"
OVERWRITTEN = "an array element that is overwritten after it was read"
FOUND = "the value that an atomic found"

OPEN = {
    "branch on a truth value that a later loop changes": (
        "ok = x[0] < 9.0\ny = x[0]\nif ok:\n    y = x[1] * 2.0\nfor i in range(n):\n    ok = x[i] > 9.0\nout[0] = y",
        LOOP,
    ),
    "where on a truth value that a later loop changes": (
        "ok = x[0] < 9.0\ny = wp.where(ok, x[1] * 2.0, x[0])\nfor i in range(n):\n    ok = x[i] > 9.0\nout[0] = y",
        LOOP,
    ),
    "conditional on a truth value that a later loop changes": (
        "ok = x[0] < 9.0\ny = x[1] * 2.0 if ok else x[0]\nfor i in range(n):\n    ok = x[i] > 9.0\nout[0] = y",
        LOOP,
    ),
    "index a later loop changes": (
        "k = int(0)\ny = x[k]\nfor i in range(n):\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "store index": (
        "k = int(0)\nout[k] = x[0] * 2.0\nfor i in range(n):\n    k = 1",
        LOOP,
    ),
    "atomic index": (
        "k = int(0)\nwp.atomic_add(out, k, x[0] * 2.0)\nfor i in range(n):\n    k = 1",
        LOOP,
    ),
    "augmented index": (
        "k = int(0)\nout[k] += x[0] * 2.0\nfor i in range(n):\n    k = 1",
        LOOP,
    ),
    "aug stale index": (
        "k = int(0)\nwhile k < 2:\n    out[k] += x[0] * 2.0\n    k += 1",
        LOOP,
    ),
    "store stale index": (
        "k = int(0)\nwhile k < 2:\n    out[k] = x[0] * 2.0\n    k += 1",
        LOOP,
    ),
    "float arg decides in a function": (
        "s = x[2]\ny = larger(x, s)\nfor i in range(n):\n    s = x[0]\nout[0] = y",
        LOOP,
    ),
    "float arg decides in a nested function": (
        "s = x[2]\ny = outer(x, s)\nfor i in range(n):\n    s = x[0]\nout[0] = y",
        LOOP,
    ),
    "func index expr": (
        "k = int(0)\ny = pick2(x, k)\nfor i in range(n):\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "loop bound in func": (
        "m = int(1)\ny = total(x, m)\nfor i in range(n):\n    m = 2\nout[0] = y",
        LOOP,
    ),
    "power int": (
        "k = int(2)\nv = wp.vec3f(x[0], x[1], x[2])\ny = v[k] * v[k - 1]\nfor i in range(n):\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "lower_bound index": (
        "k = wp.lower_bound(x, 2.0)\ny = x[k] * 2.0\nfor i in range(n):\n    k = 0\nout[0] = y",
        LOOP,
    ),
    "atomic found index": (
        "k = wp.atomic_add(cnt, 0, 1)\ny = x[k] * 2.0\nout[0] = y",
        FOUND,
    ),
    "atomic found in where": (
        "k = wp.atomic_add(cnt, 0, 1)\ny = wp.where(k > 5, x[1], x[0]) * 2.0\nout[0] = y",
        FOUND,
    ),
    "break by changed": (
        "y = float(0.0)\n"
        "m = int(0)\n"
        "for i in range(n):\n"
        "    if m > 1:\n"
        "        break\n"
        "    y += x[i]\n"
        "    m += 1\n"
        "out[0] = y",
        LOOP,
    ),
    "continue by changed": (
        "y = float(0.0)\n"
        "m = int(0)\n"
        "for i in range(n):\n"
        "    m += 1\n"
        "    if m > 1:\n"
        "        continue\n"
        "    y += x[i]\n"
        "out[0] = y",
        LOOP,
    ),
    "inner loop bound by outer's": (
        "y = float(0.0)\n"
        "m = int(0)\n"
        "for i in range(n):\n"
        "    for j in range(m):\n"
        "        y += x[j]\n"
        "    m += 1\n"
        "out[0] = y",
        LOOP,
    ),
    "while inner test by a value before": (
        "y = float(0.0)\n"
        "m = int(0)\n"
        "while m < 2:\n"
        "    j = int(0)\n"
        "    while j < m:\n"
        "        j += 1\n"
        "        y += x[0]\n"
        "    m += 1\n"
        "out[0] = y",
        LOOP,
    ),
    "while inner test by a value after": (
        "y = float(0.0)\n"
        "m = int(0)\n"
        "while m < 2:\n"
        "    m += 1\n"
        "    j = int(0)\n"
        "    while j < m:\n"
        "        j += 1\n"
        "        y += x[0]\n"
        "out[0] = y",
        LOOP,
    ),
    "for inner range of while counter": (
        "y = float(0.0)\nm = int(0)\nwhile m < 2:\n    m += 1\n    for j in range(m):\n        y += x[j]\nout[0] = y",
        LOOP,
    ),
    "if counter in while": (
        "y = float(0.0)\nm = int(0)\nwhile m < 3:\n    m += 1\n    if m == 2:\n        y += x[0]\nout[0] = y",
        LOOP,
    ),
    "index by counter in while": (
        "y = float(0.0)\nm = int(0)\nwhile m < 3:\n    y += x[m]\n    m += 1\nout[0] = y",
        LOOP,
    ),
    "index by counter after": (
        "y = float(0.0)\nm = int(-1)\nwhile m < 2:\n    m += 1\n    y += x[m]\nout[0] = y",
        LOOP,
    ),
    "view changed": (
        "v = xx[0]\ny = v[0] * 2.0\nfor i in range(n):\n    v = xx[1]\nout[0] = y",
        LOOP,
    ),
    "view by carried index in dyn loop": (
        "y = float(0.0)\nk = int(0)\nfor i in range(n):\n    v = xx[k]\n    y += v[0]\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "quat axis": (
        "k = int(0)\n"
        "q = wp.normalize(wp.quatf(x[0], x[1], x[2], 1.0))\n"
        "e = wp.quat_to_euler(q, k, 1, 2)\n"
        "for i in range(n):\n"
        "    k = 2\n"
        "out[0] = e[0]",
        LOOP,
    ),
    "mat element": (
        "k = int(0)\n"
        "m = wp.mat22f(x[0], x[1], x[2], x[0])\n"
        "y = m[k, k] * 3.0\n"
        "for i in range(n):\n"
        "    k = 1\n"
        "out[0] = y",
        LOOP,
    ),
    "mat row": (
        "k = int(0)\n"
        "m = wp.mat22f(x[0], x[1], x[2], x[0])\n"
        "y = m[k][1] * 3.0\n"
        "for i in range(n):\n"
        "    k = 1\n"
        "out[0] = y",
        LOOP,
    ),
    "struct arg index": (
        "s = S()\ns.k = 0\ny = pick3(x, s)\nfor i in range(n):\n    s.k = 1\nout[0] = y",
        LOOP,
    ),
    "struct replaced": (
        "s = S()\ns.k = 0\ny = x[s.k]\nfor i in range(n):\n    s = S()\nout[0] = y",
        LOOP,
    ),
    "tuple swap ints": (
        "k = int(0)\nm = int(1)\ny = x[k] * 2.0\nfor i in range(n):\n    t = k\n    k = m\n    m = t\nout[0] = y",
        LOOP,
    ),
    "range bound": (
        "m = int(1)\ny = float(0.0)\nfor i in range(m):\n    y += x[0]\nfor i in range(n):\n    m = 2\nout[0] = y",
        LOOP,
    ),
    "static range bound in if": (
        "m = int(1)\n"
        "y = float(0.0)\n"
        "if n > 1:\n"
        "    for i in range(m):\n"
        "        y += x[0]\n"
        "for i in range(n):\n"
        "    m = 2\n"
        "out[0] = y",
        LOOP,
    ),
    "func arg": (
        "k = int(0)\ny = pick(x, k)\nfor i in range(n):\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "func inline bool": (
        "ok = x[0] < 9.0\ny = choose(x, ok)\nfor i in range(n):\n    ok = x[i] > 9.0\nout[0] = y",
        LOOP,
    ),
    "view index": (
        "k = int(0)\nv = xx[k]\ny = v[0] * v[1]\nfor i in range(n):\n    k = 1\nout[0] = y",
        LOOP,
    ),
    "while behind": (
        "k = int(0)\ny = x[k]\nj = int(0)\nwhile j < 2:\n    j += 1\n    k += 1\nout[0] = y",
        LOOP,
    ),
    "in a loop, if a name changed by a later inner loop": (
        "y = float(0.0)\n"
        "for j in range(n):\n"
        "    ok = x[0] < 9.0\n"
        "    if ok:\n"
        "        y += x[j]\n"
        "    for i in range(n):\n"
        "        ok = x[i] > 9.0\n"
        "out[0] = y",
        LOOP,
    ),
    "in a loop, index changed by a later inner loop": (
        "y = float(0.0)\n"
        "for j in range(n):\n"
        "    k = int(0)\n"
        "    y += x[k]\n"
        "    for i in range(n):\n"
        "        k = 1\n"
        "out[0] = y",
        LOOP,
    ),
    "struct field index": (
        "s = S()\ns.k = 0\ny = x[s.k]\nfor i in range(n):\n    s.k = 1\nout[0] = y",
        LOOP,
    ),
    "struct field if": (
        "s = S()\ns.k = 0\ny = x[0]\nif s.k < 1:\n    y = x[1] * 2.0\nfor i in range(n):\n    s.k = 1\nout[0] = y",
        LOOP,
    ),
    "local array index": (
        "k = int(0)\n"
        "t = wp.zeros(shape=2, dtype=wp.float32)\n"
        "t[0] = x[0]\n"
        "t[1] = x[1]\n"
        "y = t[k] * 2.0\n"
        "for i in range(n):\n"
        "    k = 1\n"
        "out[0] = y",
        LOOP,
    ),
    "random state": (
        "s = wp.rand_init(1)\n"
        "y = x[0] * wp.randf(s)\n"
        "for i in range(n):\n"
        "    if wp.randf(s) > 2.0:\n"
        "        out[1] = 1.0\n"
        "out[0] = y",
        LOOP,
    ),
    "behind: if": (
        "for i in range(n):\n    ok = x[i] > 2.0\ny = x[0]\nif ok:\n    y = x[1] * 2.0\nout[0] = y",
        LOOP,
    ),
    "copies carried counter": (
        "y = float(0.0)\n"
        "for s in range(2):\n"
        "    k = int(0)\n"
        "    y += x[k] * 2.0\n"
        "    for i in range(n):\n"
        "        k = 1\n"
        "out[0] = y",
        LOOP,
    ),
    "copies carried in later copy only": (
        "y = float(0.0)\n"
        "k = int(0)\n"
        "for s in range(2):\n"
        "    y += x[k] * 2.0\n"
        "    for i in range(n):\n"
        "        k = 0\n"
        "out[0] = y",
        LOOP,
    ),
    "copies bool": (
        "y = float(0.0)\n"
        "for s in range(2):\n"
        "    ok = x[0] < 9.0\n"
        "    if ok:\n"
        "        y += x[1]\n"
        "    for i in range(n):\n"
        "        ok = x[i] > 9.0\n"
        "out[0] = y",
        LOOP,
    ),
    "if binds index then loop binds": (
        "if x[0] < 9.0:\n"
        "    k = int(1)\n"
        "    out[0] += x[k] * 2.0\n"
        "for i in range(n):\n"
        "    k = 0\n"
        "    out[0] += x[k] * 2.0",
        LOOP,
    ),
    "if binds bool then loop binds": (
        "if x[0] < 9.0:\n"
        "    ok = x[1] < 9.0\n"
        "    if ok:\n"
        "        out[0] += x[1] * 2.0\n"
        "for i in range(n):\n"
        "    ok = x[i] > 9.0\n"
        "    if ok:\n"
        "        out[0] += x[2] * 2.0",
        LOOP,
    ),
    "vec passed then changed": (
        "k = wp.vec2i(0, 1)\ny = pickv(x, k)\nk[0] = 2\nout[0] = y",
        REASSIGNED,
    ),
    "int array element overwritten": (
        "y = x[cnt[0]] * 2.0\ncnt[0] = 1\nout[0] = y",
        OVERWRITTEN,
    ),
    "int array element used twice": (
        "k = cnt[0]\ny = x[k] * 2.0\ncnt[0] = 1\nout[0] = y",
        OVERWRITTEN,
    ),
    "int array element in if": (
        "y = x[0]\nif cnt[0] == 0:\n    y = x[1] * 2.0\ncnt[0] = 1\nout[0] = y",
        OVERWRITTEN,
    ),
    "int array element as range": (
        "y = float(0.0)\nfor i in range(cnt[0] + 2):\n    y += x[i]\ncnt[0] = 1\nout[0] = y",
        OVERWRITTEN,
    ),
    "int array element by atomic": (
        "y = x[cnt[0]] * 2.0\nwp.atomic_add(cnt, 0, 1)\nout[0] = y",
        OVERWRITTEN,
    ),
    "int array element into float": (
        "y = x[0] * float(cnt[0] + 2)\ncnt[0] = 1\nout[0] = y",
        OVERWRITTEN,
    ),
    "random in loop": (
        "s = wp.rand_init(1)\nfor i in range(n):\n    out[0] += x[i] * wp.randf(s)",
        LOOP,
    ),
    "state from array": (
        "s = wp.rand_init(1, cnt[0])\ny = rx(s, x[0])\ncnt[0] = 5\nout[0] = y",
        OVERWRITTEN,
    ),
    "transform setter straight": (
        "t = wp.transformf(wp.vec3f(x[0], x[1], x[2]), wp.quatf(0.0, 0.0, 0.0, 1.0))\n"
        "p = wp.transform_point(t, wp.vec3f(x[0], 1.0, 2.0))\n"
        "wp.transform_set_translation(t, wp.vec3f(5.0, 6.0, 7.0))\n"
        "q = wp.transform_point(t, p)\n"
        "out[0] = q[0] * p[1]",
        REASSIGNED,
    ),
    "transform setter func": (
        "t = wp.transformf(wp.vec3f(x[0], x[1], x[2]), wp.quatf(0.0, 0.0, 0.0, 1.0))\n"
        "p = tp(t)\n"
        "wp.transform_set_translation(t, wp.vec3f(5.0, 6.0, 7.0))\n"
        "out[0] = p[0] * p[1]",
        REASSIGNED,
    ),
    "mat row store": (
        "m = wp.mat22f(x[0], x[1], x[2], x[0])\nd = wp.determinant(m)\nm[0] = wp.vec2f(5.0, 6.0)\nout[0] = d",
        REASSIGNED,
    ),
    "quat store": (
        "q = wp.quatf(x[0], x[1], x[2], 1.0)\nn2 = wp.dot(q, q)\nq[0] = 5.0\nout[0] = n2",
        REASSIGNED,
    ),
    "vector that decided in a loop then changed": (
        "v = wp.vec2f(0.5, 0.25)\nfor i in range(n):\n    if v[0] < 0.7:\n        out[0] += x[0]\nv[0] = 9.0",
        REASSIGNED,
    ),
    "vector that counted trips in a loop then changed": (
        "v = wp.vec2i(2, 1)\nfor i in range(n):\n    for j in range(v[0]):\n        out[0] += x[0]\nv[0] = 1",
        REASSIGNED,
    ),
    "what a loop computes with, changed by a later loop": (
        "t = 0.5 * float(n)\n"
        "for i in range(n):\n"
        "    u = t * 2.0\n"
        "    out[0] += x[i] * u\n"
        "for j in range(n):\n"
        "    t = 9.0",
        LOOP,
    ),
    "what a loop computes with, changed by a later while": (
        "t = 0.5 * float(n)\n"
        "for i in range(n):\n"
        "    u = t * 2.0\n"
        "    out[0] += x[i] * u\n"
        "k = int(0)\n"
        "while k < 2:\n"
        "    k += 1\n"
        "    t = 9.0",
        LOOP,
    ),
    "an integer that a loop computes with, changed by a later loop": (
        "k = n - 2\nfor i in range(n):\n    u = float(k + 1)\n    out[0] += x[i] * u\nfor j in range(n):\n    k = 7",
        LOOP,
    ),
    "function with product in loop": (
        "out[0] = prod(x, n) * x[0]",
        LOOP,
    ),
    "name of both branches squared and changed in a loop": (
        "if n > 2:\n    v = x[0] * x[1]\nelse:\n    v = x[1] * x[2]\n"
        "for i in range(n):\n    out[0] += v * v * x[i]\n    v = v * x[2]\n",
        LOOP,
    ),
    "name of both branches that a loop computes with, changed by a later loop": (
        "if n > 2:\n    v = 0.5 * float(n)\nelse:\n    v = 1.0 * float(n)\n"
        "for i in range(n):\n    u = v * 2.0\n    out[0] += x[i] * u\nfor j in range(n):\n    v = 9.0",
        LOOP,
    ),
    "name of an unrolled loop that decides in a loop, changed by a later loop": (
        "for k in range(1):\n    v = 0.5 * float(n)\n"
        "for i in range(n):\n    if v > 1.0:\n        out[0] += x[i] * 2.0\nfor j in range(n):\n    v = 0.0",
        LOOP,
    ),
    "while test by way of what an earlier loop changed": (
        "t = x[0]\ny = x[0]\nfor i in range(n):\n    t -= 1.0\nk = int(0)\n"
        "while k < 4 and y < 3.0:\n    k += 1\n    y = y - t\nout[0] = y",
        LOOP,
    ),
    "while test by way of an integer that an earlier loop changed": (
        "m = int(0)\nfor i in range(n):\n    m += 1\nk = int(0)\ny = float(0.0)\n"
        "while k < 4:\n    y += x[0]\n    k += m + 1\nout[0] = y",
        LOOP,
    ),
}
"""Those that the documentation excludes, and why."""

KNOWN = {
    "behind: float linear": (
        "for i in range(n):\n    s = x[i]\nout[0] = s * x[0]",
        "name-bound-in-a-dynamic-loop",
    ),
    "struct passed then changed": (
        "s = S()\ns.k = 0\ny = pick3(x, s)\ns.k = 1\nout[0] = y",
        "argument-changed-after-a-call",
    ),
    "struct read in a loop then changed": (
        "s = S()\ns.k = 0\nfor i in range(n):\n    out[0] += x[s.k]\ns.k = 1\nout[1] = x[s.k]",
        "argument-changed-after-a-call",
    ),
    "struct that decided in a loop then changed": (
        "s = S()\ns.k = 0\nfor i in range(n):\n    if s.k < 1:\n        out[0] += x[0]\ns.k = 1\nout[1] = x[s.k]",
        "argument-changed-after-a-call",
    ),
    "local array straight": (
        "t = wp.zeros(shape=2, dtype=wp.int32)\nt[0] = 0\ny = x[t[0]] * 2.0\nt[0] = 1\ny += x[t[0]] * 3.0\nout[0] = y",
        "local-array-replayed",
    ),
    "mat el aug": (
        "m = wp.mat22f(x[0], x[1], x[2], x[0])\nd = wp.determinant(m)\nm[0, 1] += 2.0\nout[0] = d * wp.determinant(m)",
        "component-changed-after-its-use",
    ),
    "vec decides then component stored": (
        "v = wp.vec2f()\nv[0] = x[0]\ny = less2(v)\nv[1] = 9.0\nout[0] = y",
        "component-changed-after-its-use",
    ),
    "vec aug func": (
        "v = wp.vec3f(x[0], x[1], x[2])\nd = sq3(v)\nv[0] += x[1]\nout[0] = d * v[0]",
        "component-changed-after-its-use",
    ),
    "vec fresh int store after func": (
        "k = wp.vec2i()\nk[0] = 1\ny = pickv2(x, k)\nk[1] = 2\nout[0] = y",
        "component-changed-after-its-use",
    ),
    "vec aug": (
        "v = wp.vec3f(x[0], x[1], x[2])\nd = wp.dot(v, v)\nv[0] += x[1]\nout[0] = d * v[0]",
        "component-changed-after-its-use",
    ),
    "random after noise": (
        "s = wp.rand_init(1)\ny = wp.noise(s, x[0])\nz = wp.randf(s)\nout[0] = y * z",
        "argument-changed-after-a-call",
    ),
    "random after func": (
        "s = wp.rand_init(1)\ny = rx(s, x[0])\nz = wp.randf(s)\nout[0] = y * z",
        "argument-changed-after-a-call",
    ),
    "local array": (
        "t = wp.zeros(shape=2, dtype=wp.float32)\nt[0] = x[0] * x[1]\nt[1] = x[1] * x[2]\nout[0] = t[0] * t[1]",
        "local-array-replayed",
    ),
}
"""Those that Warp has wrong, and the known defect that is why."""
