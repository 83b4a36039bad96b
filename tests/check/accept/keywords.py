import warp as wp


@wp.kernel
def kernel(x: float, v: wp.vec3, out: wp.array(dtype=float)):
    i = wp.tid()
    y = wp.clamp(x, low=0.0, high=1.0)
    z = wp.lerp(a=x, b=y, t=0.5)
    w = wp.dot(b=v, a=v)
    q = wp.types.vector(length=2, dtype=float)
    out[i] = y + z + w + q[0]
