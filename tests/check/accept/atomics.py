import warp as wp


@wp.kernel
def kernel(a: wp.array(dtype=float), n: wp.array2d(dtype=int), v: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    old = wp.atomic_add(a, 0, 1.0)
    wp.atomic_max(a, 0, old)
    wp.atomic_min(n, 0, 1, i)
    wp.atomic_or(n, i, 0, 3)
    seen = wp.atomic_cas(n, 0, 0, 1, 2)
    wp.atomic_sub(v, 0, wp.vec3(old, 1.0, 2.0))
    n[0, 0] ^= seen
    v[i].x += old
    a[i] *= 2.0
