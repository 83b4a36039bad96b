# stored-type-differs  (refused by the native compiler)
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    m = wp.mat22()
    m[0, 1] += 1
    out[0] = m[0, 1]
