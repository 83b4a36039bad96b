"""Integers wrap around in a comparison as they do in what is stored: no branch says that ``x + 1`` is both."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(x: int, larger: wp.array(dtype=int)):
    y = x + 1
    if y > x:
        larger[0] = y


class TestFinding(unittest.TestCase):
    def test_what_is_not_larger_is_not_stored(self):
        larger = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(kernel, dim=1, inputs=[2147483647, larger], device="cpu")
        np.testing.assert_array_equal(larger.numpy(), [0])


if __name__ == "__main__":
    unittest.main()
