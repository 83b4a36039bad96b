import warp as wp


@wp.func
def half(x: float):
    return x * 0.5


@wp.func
def apply(f: wp.Function, x: float):
    return f(x)


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    g = half
    s = wp.sin
    out[i] = g(x) + s(x) + apply(half, x) + wp.grad(half)(x)
