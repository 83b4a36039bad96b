# stored-type-differs
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    wp.atomic_add(out, 0, 1)
