"""Loops that count by themselves, arms that only pass, and directions from outside."""

import warp as wp

UP = wp.constant(wp.vec3(0.0, 1.0, 0.0))


@wp.kernel
def fall(p: wp.array(dtype=wp.vec3), q: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    v = p[i]
    n = wp.int32(0)
    while n < 4:
        v = v + UP
        n += 1
    q[i] = v + UP


@wp.kernel
def rise(p: wp.array(dtype=wp.vec3), q: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    n = wp.int32(0)
    while n < 3:
        n += 1
    q[i] = p[i] + UP


@wp.kernel
def choose(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    x = a[i]
    if x < 0.5:
        pass
    else:
        out[i] = x


@wp.kernel
def keep(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    x = a[i]
    if x < 0.25:
        pass
    else:
        out[i] = x * 2.0
