"""Kernels as people write them, for tests that learn from them. Nothing imports this file."""

import warp as wp

RADIUS = 0.05


@wp.func
def spring(a: wp.vec3, b: wp.vec3, stiffness: float) -> wp.vec3:
    d = b - a
    length = wp.length(d)
    if length < RADIUS:
        return wp.vec3(0.0, 0.0, 0.0)
    return d * (stiffness * (length - RADIUS) / length)


@wp.kernel
def forces(x: wp.array(dtype=wp.vec3), pairs: wp.array(dtype=int), stiffness: float, f: wp.array(dtype=wp.vec3)):
    tid = wp.tid()
    j = pairs[tid]
    if j == tid:
        return
    f[tid] = spring(x[tid], x[j], stiffness)


@wp.kernel
def step(x: wp.array(dtype=wp.vec3), v: wp.array(dtype=wp.vec3), f: wp.array(dtype=wp.vec3), m: float, dt: float):
    tid = wp.tid()
    v_new = v[tid] + f[tid] * (dt / m)
    v[tid] = v_new
    x[tid] = x[tid] + v_new * dt


@wp.kernel
def energy(v: wp.array(dtype=wp.vec3), m: float, total: wp.array(dtype=float)):
    tid = wp.tid()
    wp.atomic_add(total, 0, 0.5 * m * wp.dot(v[tid], v[tid]))


@wp.kernel
def density(grid: wp.array2d(dtype=float), width: int, out: wp.array2d(dtype=float)):
    i, j = wp.tid()
    s = float(0.0)  # noqa: UP018  # a literal would not change in a loop
    for k in range(width):
        s += grid[i, k] * grid[k, j]
    out[i, j] = s / float(width)
