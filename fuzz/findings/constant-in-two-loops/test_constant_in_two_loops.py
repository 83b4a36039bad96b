"""Two dynamic loops may each bind the same name to a constant, as one of them alone may."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def twice(a: wp.array(dtype=int), n: int):
    for i in range(n):
        c = 3
        a[i] = c
    for i in range(n):
        c = 4
        a[i] += c


class TestFinding(unittest.TestCase):
    def test_both_loops_run(self):
        a = wp.zeros(2, dtype=int, device="cpu")
        wp.launch(twice, dim=1, inputs=[a, 2], device="cpu")
        np.testing.assert_array_equal(a.numpy(), [7, 7])


if __name__ == "__main__":
    unittest.main()
