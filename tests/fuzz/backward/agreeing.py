"""Programs whose gradients Warp has right."""

from __future__ import annotations

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
