import warp as wp


@wp.kernel
def kernel(n: int, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    total = float(0.0)
    for j in range(n):
        total += a[j]
    for j in range(2, n):
        total = total + a[j] * 0.5
    for j in range(n, 0, -1):
        total -= 1.0
    out[i] = total
