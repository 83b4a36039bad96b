# several-values
import warp as wp


@wp.func
def both(x: float):
    return x, x


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = both(x) + 1.0
