# bad-slice
import warp as wp


@wp.struct
class Particle:
    v: wp.vec3


@wp.kernel
def kernel(a: wp.array(dtype=wp.vec2)):
    p = Particle()
    p.v[0:2] = a[0]
