import warp as wp


@wp.kernel
def kernel(x: float, b: bool, out: wp.array(dtype=float)):
    i = wp.tid()
    y = 1.0
    if b:
        y = x
        fresh = 2.0
    elif x > 3.0:
        y = 3.0
        fresh = 1.0
    else:
        fresh = 0.5
    z = y if y > 0.5 else fresh
    out[i] = z if b else y
