# bad-slice
import warp as wp


@wp.kernel
def kernel(a: wp.array(dtype=wp.vec3), v: wp.vec2):
    a[0][0:2] += v
