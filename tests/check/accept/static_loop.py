import warp as wp


@wp.kernel
def kernel(out: wp.array(dtype=int)):
    i = wp.tid()
    total = 0
    for j in range(4):
        total += j
        for k in range(j):
            total += k
    for j in range(8, 0, -2):
        if total > 10:
            continue
        total = total + 1
    out[i] = total
