"""A number becomes a float16 argument by rounding to even, as it does in kernels, NumPy and IEEE 754."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def widen(h: wp.float16, a: wp.array(dtype=float)):
    a[0] = float(h)


class TestFinding(unittest.TestCase):
    def test_a_tie_goes_to_the_even_neighbour(self):
        a = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(widen, dim=1, inputs=[2049.0, a], device="cpu")
        self.assertEqual(a.numpy()[0], np.float16(2049.0))


if __name__ == "__main__":
    unittest.main()
