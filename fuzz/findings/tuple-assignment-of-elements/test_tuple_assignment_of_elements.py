"""``x, y = a[0], a[1]`` takes both values there and then: later stores to ``a`` change neither ``x`` nor ``y``."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def swap(a: wp.array(dtype=float)):
    x, y = a[0], a[1]
    a[0] = y
    a[1] = x


class TestFinding(unittest.TestCase):
    def test_two_elements_change_places(self):
        a = wp.array([1.0, 2.0], dtype=float, device="cpu")
        wp.launch(swap, dim=1, inputs=[a], device="cpu")
        np.testing.assert_array_equal(a.numpy(), [2.0, 1.0])


if __name__ == "__main__":
    unittest.main()
