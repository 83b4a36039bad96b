# bad-annotation
import warp as wp


@wp.kernel
def kernel(x: list, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = 1.0
