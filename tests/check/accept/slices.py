import warp as wp


@wp.kernel
def kernel(a: wp.array2d(dtype=float), b: wp.array(dtype=wp.vec3), out: wp.array2d(dtype=float)):
    i, j = wp.tid()
    column = a[:, 1]
    back = b[::-1]
    some = a[i, 0:2]
    window = b[j : j + 2]
    row = out[i]
    row[j] = column[-1] + back[0].x + some[1] + window[1].y + float(len(back) + some.shape[0])
    row[j] += a[0:2, 1:][0][0]
