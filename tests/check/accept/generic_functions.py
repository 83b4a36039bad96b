from typing import Any

import warp as wp

SCALE = wp.constant(0.5)
TRIPS = 3


@wp.func
def scaled(x: Any, s: float = SCALE, n: int = 2):
    return x * s * float(n)


@wp.func
def cell(i: int, a: wp.array(dtype=Any), x: Any):
    return a[i] + x


@wp.kernel
def kernel(x: float, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    for _j in range(TRIPS):
        out[i] += scaled(x) + scaled(x, n=i) + scaled(v, 2.0, 3)[0]
    if x > 0.5 and cell(i, a, x) > 1.0:
        out[i] += scaled(x, n=i, s=2.0)
