# slot-update-not-differentiable
import warp as wp


@wp.kernel
def kernel(
    x: float,
    n: int,
    b: bool,
    v: wp.vec3,
    a: wp.array(dtype=float),
    out: wp.array(dtype=float),
    w: wp.array(dtype=wp.vec3),
):
    w[0].x *= 2.0
