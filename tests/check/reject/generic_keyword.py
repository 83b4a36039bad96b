# no-overload
from typing import Any

import warp as wp


@wp.func
def scaled(x: Any, n: int):
    return x * float(n)


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = scaled(x, n=i)
