# arms-assign-different-types
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    if b:
        y = 1
    else:
        y = 1.0
