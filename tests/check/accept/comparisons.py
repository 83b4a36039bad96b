import warp as wp


@wp.kernel
def kernel(x: float, n: int, v: wp.vec3, out: wp.array(dtype=bool)):
    i = wp.tid()
    chain = 0.0 < x < 1.0
    mixed = n < x
    same = v == v
    both = chain and mixed or not same
    out[i] = both and n != 3 and True
