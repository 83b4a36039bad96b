import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, out: wp.array(dtype=float)):
    i = wp.tid()
    k = int(x) + int(b)
    f = float(n) + float(b)
    c = wp.cast(n, float)
    t = bool(n)
    e = wp.float64(x)
    w = wp.where(t, c, f)
    s = wp.where(n, 1, 2)
    out[i] = w + float(k + s) + float(e)
