import warp as wp


@wp.kernel
def kernel(q: wp.quat, t: wp.transform, p: wp.vec3, out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    r = wp.quat_from_axis_angle(wp.vec3(0.0, 1.0, 0.0), 0.5) * q
    s = wp.quat(0.0, 0.0, 0.0, 1.0)
    k = wp.quat(ijk=p, real=1.0)
    u = wp.transform(p, r)
    w = wp.transform(p=p, q=s)
    u.p = p + w.p
    u.q = wp.normalize(k)
    x = wp.transform_point(t * u, p)
    out[i] = wp.quat_rotate(r, x) + wp.transform_get_translation(wp.transform_identity())
