import warp as wp


@wp.kernel
def kernel(seed: int, out: wp.array(dtype=float)):
    i, j, k = wp.tid()
    state = wp.rand_init(seed, i)
    r = wp.randf(state) + wp.randf(state, 0.0, 2.0)
    n = wp.randi(state, 0, 10) + wp.randi(state)
    d = wp.sample_unit_sphere(state)
    out[i] = r + float(n) + d[0] + wp.noise(state, r)
