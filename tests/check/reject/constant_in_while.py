# constant-mutated
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    s = 0
    while s < n:
        s = s + 1
