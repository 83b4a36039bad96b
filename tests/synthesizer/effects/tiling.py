"""Kernels on tiles, for tests that learn from them. Nothing imports this file."""

import warp as wp

SIZE = 8


@wp.kernel
def scales(a: wp.array(dtype=float), scale: float, out: wp.array(dtype=float)):
    i = wp.tid()
    t = wp.tile_load(a, shape=SIZE, offset=i * SIZE, storage="shared")
    s = wp.tile_map(wp.sin, t) * scale
    total = wp.tile_sum(s)
    first = t[0]
    last = wp.tile_extract(s, 3)
    u = wp.tile_zeros(shape=SIZE, dtype=float, storage="shared")
    u += s + t
    wp.tile_store(out, u, offset=i * SIZE)
    wp.tile_atomic_add(a, total)
    out[i] = first + last


@wp.kernel
def multiplies(a: wp.array2d(dtype=float), b: wp.array2d(dtype=float), c: wp.array2d(dtype=float)):
    x = wp.tile_load(a, shape=(8, 8))
    y = wp.tile_load(b, shape=(8, 8))
    z = wp.tile_matmul(x, wp.tile_transpose(y))
    wp.tile_matmul(x, y, z)
    wp.tile_store(c, z)


@wp.kernel
def sorts(a: wp.array(dtype=float), b: wp.array(dtype=int), out: wp.array(dtype=float)):
    keys = wp.tile_load(a, shape=SIZE)
    values = wp.tile_load(b, shape=SIZE)
    wp.tile_sort(keys, values)
    wp.tile_store(out, keys)
