"""Kernels that say what holds and print, for tests that learn from them. Nothing imports this file."""

import warp as wp


@wp.func
def half(x: float) -> float:
    y = 0.5
    wp.expect_eq(y, 0.5)
    return x * y


@wp.kernel
def looks(n: int, scale: float, x: wp.array(dtype=float), out: wp.array(dtype=float), count: wp.array(dtype=int)):
    i = wp.tid()
    wp.expect_eq(n, 3)
    a = i + n
    b = wp.vec3(1.0, 2.0, 3.0)
    wp.expect_eq(a, n + i)
    wp.expect_near(b, wp.vec3(1.0, 2.0, 3.0), 0.01)
    wp.expect_neq(a, 0)
    assert i >= 0, "negative"
    print(a)
    wp.printf("%d\n", a)
    count[i] = a
    wp.expect_eq(count[i], a)
    k = i
    m = n
    assert i < 100
    wp.printf("%d %f\n", k, scale)
    out[i] = half(x[i] * scale)
    if m > k:
        out[i] = 1.0
        wp.expect_eq(out[i], 1.0)
