from typing import Any

import warp as wp


@wp.func
def twice(x: float):
    return x + x


@wp.func
def twice(n: int):
    return n * 2


@wp.func
def first(v: Any):
    return v[0]


@wp.kernel
def kernel(x: float, v: wp.vec3, w: wp.vec2i, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = twice(x) + float(twice(i)) + first(v) + float(first(w))
