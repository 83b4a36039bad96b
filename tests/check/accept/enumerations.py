from enum import IntEnum

import warp as wp


class Mode(IntEnum):
    FAST = 0
    SLOW = 1


@wp.kernel
def kernel(mode: int, out: wp.array(dtype=int)):
    i = wp.tid()
    if mode == Mode.FAST:
        out[i] = Mode.SLOW + 1
    else:
        out[i] = Mode.FAST
