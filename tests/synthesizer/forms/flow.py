"""Statements that bind a name in both arms, return from both, end loops with a break, and say what they are about."""

import warp as wp

LIMIT = 8
CLAMPED = True


@wp.func
def height_of(x: float, y: float):
    if x < y:
        return x * x
    else:
        return y * 0.5


@wp.func
def weight_of(x: float):
    # too far away
    if 0.0 <= x <= 1.0:
        w = x**2.0
    else:
        y = x + 1.0
        w = y * 0.5
    return w


@wp.func
def add_to(total: wp.array(dtype=float), x: float):
    wp.atomic_add(total, 0, x)


@wp.kernel
def weigh(a: wp.array(dtype=float), out: wp.array(dtype=float), total: wp.array(dtype=float)):
    i = wp.tid()
    # the value of this thread
    x = a[i]
    if x > 0.25:
        w = x
    else:
        h = height_of(x, 0.5)
        w = h * 2.0
    if CLAMPED:
        w = wp.min(w, 1.0)
    add_to(total, w)
    out[i] = w


@wp.kernel
def mark(flags: wp.array(dtype=int), n: int):
    wp.atomic_or(flags, 0, n)


@wp.kernel
def turn(p: wp.array(dtype=wp.vec3), q: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    v = p[i] * 2.0
    v[1] = 2.0
    q[i].x = v[1]
    q[i][1] = v[0]


@wp.kernel
def scale(a: wp.array(dtype=float), s: float):
    a[wp.tid()] = s * 2.0
