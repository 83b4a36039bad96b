import warp as wp


@wp.func
def fill(a: wp.array(dtype=float), n: int):
    for i in range(n):
        a[i] = float(i)


@wp.kernel
def kernel(out: wp.array(dtype=float)):
    i = wp.tid()
    local = wp.zeros(shape=8, dtype=float)
    grid = wp.zeros(shape=(2, 3), dtype=wp.vec2)
    fill(local, 8)
    grid[1, 2] = wp.vec2(1.0, 2.0)
    local[2] = grid[1, 2].x
    out[i] = local[i] + local[3]
