# unknown-keyword
import warp as wp


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    y = wp.vec3(x=1.0, y=2.0, z=3.0)
