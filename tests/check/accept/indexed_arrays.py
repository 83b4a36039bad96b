import warp as wp


@wp.kernel
def gather(
    x: wp.indexedarray[float],
    y: wp.indexedarray2d(dtype=wp.vec3),
    z: wp.indexedarray(dtype=int, ndim=3),
    out: wp.array(dtype=float),
):
    i = wp.tid()
    row = y[i]
    total = x[i] * row[0].x
    for j in range(y.shape[1]):
        total += y[i, j][2] + float(z[i, j, 0])
    x[i] = total
    y[i, 0] = wp.vec3(total, 0.0, 1.0)
    out[i] += x[i]
