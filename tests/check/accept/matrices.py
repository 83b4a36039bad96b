import warp as wp


@wp.kernel
def kernel(m: wp.mat33, v: wp.vec3, out: wp.array(dtype=wp.mat33)):
    i = wp.tid()
    n = wp.transpose(m) * m + wp.identity(n=3, dtype=float)
    n[0, 1] = 2.0
    n[1] = v
    n[2, 2] += wp.determinant(m)
    row = n[0]
    product = n * row
    outer = wp.outer(v, product)
    rows = wp.matrix_from_rows(v, row, product)
    small = wp.mat22(1.0, 2.0, 3.0, 4.0)
    block = n[0:2, 0:2]
    same = block + small
    out[i] = outer @ rows - n * same[0, 0]
