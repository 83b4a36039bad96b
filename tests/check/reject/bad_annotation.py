# bad-annotation
import warp as wp


@wp.kernel
def kernel(x: wp.array, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = x[i]
