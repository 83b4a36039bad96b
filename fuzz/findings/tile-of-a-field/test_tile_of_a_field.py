"""A tile may be stored to an array that is a struct's field, as to one that is a parameter. Four ones are."""

import unittest

import warp as wp


@wp.struct
class Result:
    values: wp.array(dtype=float)


@wp.kernel
def ones(r: Result):
    t = wp.tile_ones(shape=4, dtype=float)
    wp.tile_store(r.values, t)


class TestFinding(unittest.TestCase):
    def test_the_array_holds_the_tile(self):
        r = Result()
        r.values = wp.zeros(4, dtype=float, device="cpu")
        wp.launch_tiled(ones, dim=1, inputs=[r], block_dim=32, device="cpu")
        self.assertEqual(r.values.numpy().tolist(), [1.0] * 4)


if __name__ == "__main__":
    unittest.main()
