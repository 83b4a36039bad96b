import warp as wp


@wp.kernel
def kernel(x: float, n: int, out: wp.array(dtype=float), counts: wp.array(dtype=int)):
    i = wp.tid()
    y = x * 2.0 + 1.5 - x / 3.0
    z = -y % 0.5 + y**2.0 + y // 0.25
    m = (n + 3) * 2 // 5 % 7
    k = (m << 2) ^ (n & 255) | ~m
    out[i] = z + float(k)
    counts[i] = k >> 1
