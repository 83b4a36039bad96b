# not-static
import warp as wp


@wp.kernel
def kernel(out: wp.array(dtype=float), n: int):
    for i in range(n):
        out[i] = wp.static(float(i))
