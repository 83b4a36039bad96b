import warp as wp


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    """What it does."""
    i = wp.tid()
    assert x > 0.0, "positive"
    if i > 100:
        return
    print(x)
    wp.printf("%d %f", i, x)
    out[i] = x
    pass
