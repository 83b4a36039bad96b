import warp as wp


@wp.func
def first(a: wp.array(dtype=float), i: int, limit: float):
    for j in range(3):
        if a[i] < float(j):
            return a[i] * float(j)
        if a[i] > limit:
            continue
    return limit


@wp.func
def put(i: int, out: wp.array(dtype=float), x: float):
    if x > 3.0:
        return
    out[i] += x


@wp.kernel
def kernel(a: wp.array(dtype=float), out: wp.array(dtype=float), n: int):
    i = wp.tid()
    put(i, out, first(a, i, 2.0))
    for j in range(n):
        if a[i] > float(j):
            if j > 3:
                out[i] = a[i]
                break
            continue
        put(i, out, x=a[i])
    if a[i] > 0.5:
        return
    out[i] = 2.0
