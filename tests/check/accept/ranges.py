import warp as wp

COUNT = 20


@wp.kernel
def kernel(n: int, v: wp.vec4, out: wp.array(dtype=int)):
    i = wp.tid()
    total = int(0)
    for j in range(len(v)):
        total += int(v[j])
    for j in range(COUNT):
        total += j
    for j in range(3):
        if n > j:
            break
        total += 1
    for j in reversed(range(n)):
        total -= j
    for j in range(3, 3):
        total = not_read
    for j in range(wp.static(3)):
        total += j
    while total > n:
        total //= 2
    out[i] = total
