import warp as wp


@wp.kernel
def kernel(m: wp.mat33, out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    u, s, v = wp.svd3(m)
    q, r = wp.qr3(u)
    vectors, values = wp.eig3(q * r)
    axis, angle = wp.quat_to_axis_angle(wp.quat_from_matrix(vectors))
    out[i] = s + values + axis * angle + v[0]
