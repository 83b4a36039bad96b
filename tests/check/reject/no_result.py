# no-value
import warp as wp


@wp.func
def nothing(x: float):
    pass


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = nothing(x)
