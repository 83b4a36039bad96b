"""Kernels without parameters, which say what holds."""

import warp as wp


@wp.kernel
def components():
    v = wp.vec3(1.0, 2.0, 3.0)
    wp.expect_eq(v[0], 1.0)


@wp.kernel
def sums():
    x = 2.0 + 3.0
    wp.expect_eq(x, 5.0)
    y = x * 0.5
    wp.expect_near(y, 2.5)
