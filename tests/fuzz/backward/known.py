"""Programs whose gradients a known defect of Warp makes wrong, with its name."""

from __future__ import annotations

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
