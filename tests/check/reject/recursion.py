# recursion
import warp as wp


@wp.func
def down(n: int):
    if n <= 0:
        return 0
    return down(n - 1)


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = down(n)
