"""Programs that change something in place and need it again, which the documentation excludes."""

from __future__ import annotations

REASSIGNED = "a component that is assigned again"
OVERWRITTEN = "an array element that is overwritten after it was read"
FOUND = "the value that an atomic found"

STORES = {
    "atomic found index": (
        "k = wp.atomic_add(cnt, 0, 1)\ny = x[k] * 2.0\nout[0] = y",
        FOUND,
    ),
    "atomic found in where": (
        "k = wp.atomic_add(cnt, 0, 1)\ny = wp.where(k > 5, x[1], x[0]) * 2.0\nout[0] = y",
        FOUND,
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
}
