# stored-type-differs
import warp as wp


@wp.struct
class Pair:
    a: float
    b: int


@wp.kernel
def kernel(x: float, n: int, b: bool, v: wp.vec3, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    s = Pair()
    s.a = 1
