import warp as wp


@wp.kernel
def kernel(n: int, out: wp.array(dtype=wp.float64)):
    i = wp.tid()
    k = 3
    y = wp.int64(k)
    z = k + y
    for j in range(n):
        k = k + z
    out[i] = wp.float64(k) + wp.float64(0.1)
