import warp as wp


@wp.func
def swap(pair: tuple[int, float]) -> tuple[float, int]:
    return pair[1], pair[0]


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    pair = (i, x)
    a, b = swap(pair)
    c, d = a + 1.0, b + 1
    c, a = a, c
    out[i] = a + c + float(d + len(pair))
