import warp as wp


@wp.kernel
def kernel(p: wp.vec3, m: wp.spatial_matrix, out: wp.array(dtype=wp.spatial_vector)):
    i = wp.tid()
    s = wp.spatial_vector(p, p)
    k = wp.spatial_vector(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    c = wp.spatial_cross(s, k) * wp.spatial_dot(s, k)
    out[i] = wp.max(m * s, c) + wp.spatial_vector()
    top = wp.spatial_top(s) + wp.spatial_bottom(k)
    out[i][0] = top[0]
