import warp as wp


def make(factor):
    scale = factor * 2.0

    @wp.func
    def scaled(x: float):
        return x * scale

    @wp.kernel
    def kernel(x: float, out: wp.array(dtype=float)):
        i = wp.tid()
        if factor:
            out[i] = scaled(x)

    return kernel


kernel = make(3.0)
