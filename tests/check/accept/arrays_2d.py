import warp as wp


@wp.kernel
def kernel(
    a: wp.array2d(dtype=float), b: wp.array3d(dtype=wp.vec3), c: wp.array4d(dtype=int), out: wp.array2d(dtype=float)
):
    i, j = wp.tid()
    row = a[i]
    view = b[i, 0:2]
    v = b[i, j, 0] + view[0, 1]
    n = c[i][j][0, 1] + a.shape[0] + len(row)
    out[i, j] = row[j] + a[i][j] + v.x + float(n)
    out[i, j] += 1.0
