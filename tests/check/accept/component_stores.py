import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.kernel
def kernel(v: wp.array(dtype=wp.vec3), m: wp.array(dtype=wp.mat22)):
    i = wp.tid()
    v[i].x = 1.0
    v[i][1] = v[i].x
    v[i].z *= 2.0
    m[i][0, 1] = 3.0
    m[i][1] = wp.vec2(1.0, 2.0)
