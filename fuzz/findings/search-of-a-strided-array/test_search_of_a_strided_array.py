"""``lower_bound`` searches the elements of the array that it is given, where they do not lie side by side, too."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def search(values: wp.array(dtype=int), found: wp.array(dtype=int)):
    found[0] = wp.lower_bound(values, 30)


class TestFinding(unittest.TestCase):
    def test_every_other_element_is_searched(self):
        every = wp.array([10, 0, 20, 0, 30, 0, 40, 0], dtype=int, device="cpu")
        found = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(search, dim=1, inputs=[every[::2], found], device="cpu")  # of 10, 20, 30, 40
        np.testing.assert_array_equal(found.numpy(), [2])


if __name__ == "__main__":
    unittest.main()
