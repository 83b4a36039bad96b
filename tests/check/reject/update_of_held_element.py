# bad-store-target
import warp as wp


@wp.struct
class Held:
    values: wp.array(dtype=float)


@wp.kernel
def kernel(held: Held):
    held.values[wp.tid()] *= 2.0
