"""Programs with a value that is carried through a dynamic loop, which the documentation excludes."""

from __future__ import annotations

LOOP = "a value carried through a dynamic loop"

LOOPS = {
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
    "random in loop": (
        "s = wp.rand_init(1)\nfor i in range(n):\n    out[0] += x[i] * wp.randf(s)",
        LOOP,
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
