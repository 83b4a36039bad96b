"""A tuple assignment takes the values on its right side before it binds a name, and the names keep these values."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def euclid(a: wp.array(dtype=int)):
    q = a[1]
    p = a[0]
    while q != 0:
        p, q = q, p % q
    a[0] = p


@wp.kernel
def swap(a: wp.array(dtype=float)):
    x, y = a[0], a[1]
    a[0] = y
    a[1] = x


class TestFinding(unittest.TestCase):
    def test_euclid_finds_the_greatest_common_divisor(self):
        a = wp.array([18, 12], dtype=int, device="cpu")
        wp.launch(euclid, dim=1, inputs=[a], device="cpu")
        self.assertEqual(a.numpy()[0], 6)

    def test_two_elements_change_places(self):
        a = wp.array([1.0, 2.0], dtype=float, device="cpu")
        wp.launch(swap, dim=1, inputs=[a], device="cpu")
        np.testing.assert_array_equal(a.numpy(), [2.0, 1.0])


if __name__ == "__main__":
    unittest.main()
