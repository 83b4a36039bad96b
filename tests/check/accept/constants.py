import warp as wp

LIMIT = wp.constant(12)
SCALE = 0.5
USE = True
AXIS = wp.constant(wp.vec3(0.0, 1.0, 0.0))


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    y = x * SCALE + AXIS[1]
    if USE:
        y = y + 1.0
    else:
        y = not_defined_and_not_read
    for j in range(LIMIT):
        y = y + float(j)
    z = 1.0 if True else nothing_here
    out[i] = y * wp.pi + wp.static(3.0 * 2.0) + z
