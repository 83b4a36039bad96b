import warp as wp


@wp.kernel
def kernel(a: wp.int8, b: wp.uint16, c: wp.int64, d: wp.float64, h: wp.float16, out: wp.array(dtype=wp.float64)):
    i = wp.tid()
    e = a + wp.int8(3)
    f = b * wp.uint16(2)
    g = c - wp.int64(5)
    s = d * wp.float64(0.5) + wp.float64(h)
    out[i] = s + wp.float64(e) + wp.float64(f) + wp.float64(g)
