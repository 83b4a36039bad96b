import warp as wp


@wp.func
def square(x: float):
    return x * x


@wp.func
def both(x: float, n: int = 2):
    return square(x), n + 1


@wp.func
def clipped(x: float) -> float:
    if x < 0.0:
        return 0.0
    return wp.min(x, 1.0)


@wp.func
def store(a: wp.array(dtype=float), i: int, x: float):
    a[i] = x


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    y, n = both(x)
    z, m = both(n=i, x=y)
    pair = both(x, 3)
    store(out, i, clipped(z) + float(n + m) + pair[0])
