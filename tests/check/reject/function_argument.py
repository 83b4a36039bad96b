# no-overload
import warp as wp


@wp.func
def half(x: float):
    return x * 0.5


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = half(n)
