import warp as wp


@wp.kernel
def kernel(n: int, out: wp.array(dtype=int)):
    i = wp.tid()
    steps = int(0)
    value = int(i)
    while value > 0 and steps < 20:
        value = value / 2
        steps += 1
        if value == n:
            break
        if value == 3:
            continue
        value -= 1
    out[i] = steps
