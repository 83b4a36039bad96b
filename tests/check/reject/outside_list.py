# outside-object
import warp as wp

WEIGHTS = [0.25, 0.5]


@wp.kernel
def kernel(out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = WEIGHTS[0]
