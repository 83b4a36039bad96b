# wrong-arity
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = wp.sin(x, x)
