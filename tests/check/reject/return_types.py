# return-types-differ
import warp as wp


@wp.func
def pick(b: bool):
    if b:
        return 1
    return 1.0


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = pick(b)
