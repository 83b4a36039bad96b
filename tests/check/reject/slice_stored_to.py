# bad-index-arity
import warp as wp


@wp.kernel
def kernel(a: wp.array(dtype=float)):
    a[0:2] = 1.0
