"""A name is bound again, in a dynamic loop, to a tile in shared memory. The last one is stored: its gradient is 1."""

import unittest

import warp as wp


@wp.kernel
def last(n: int, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    t = wp.tile_zeros(shape=4, dtype=float, storage="shared")
    for i in range(n):
        t = wp.tile_load(a, shape=4, offset=4 * i, storage="shared")
    wp.tile_store(out, t)


class TestFinding(unittest.TestCase):
    def test_the_tile_of_the_last_trip_has_a_gradient(self):
        a = wp.ones(8, dtype=float, device="cpu", requires_grad=True)
        out = wp.zeros(4, dtype=float, device="cpu", requires_grad=True)
        with wp.Tape() as tape:
            wp.launch_tiled(last, dim=1, inputs=[2, a, out], block_dim=32, device="cpu")
        tape.backward(grads={out: wp.ones(4, dtype=float, device="cpu")})
        self.assertEqual(a.grad.numpy().tolist(), [0.0] * 4 + [1.0] * 4)


if __name__ == "__main__":
    unittest.main()
