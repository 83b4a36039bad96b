import warp as wp


@wp.kernel
def kernel(v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    u = wp.vec3(*v)
    w = wp.vec3(*a[0:3])
    p = wp.vec2(*v[0:2])
    out[i] = u + w + wp.vec3(*p, 1.0)
