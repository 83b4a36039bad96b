import warp as wp


@wp.kernel
def kernel(v: wp.vec3, s: float, out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    u = wp.vec3(1.0, s, v[2])
    w = wp.cross(u, v) * 2.0 + wp.normalize(u) / s
    w.x = wp.dot(u, v)
    w[1] += 3.0
    w.z *= 2.0
    filled = wp.vec3(s)
    zero = wp.vec3()
    tail = w[1:3]
    out[i] = w + filled - zero + wp.vec3(tail[0], tail.y, 1)
