"""``erfinv(x)`` of a small ``x`` is ``x * sqrt(pi) / 2``, to rounding."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def inverse(a: wp.array(dtype=float)):
    a[0] = wp.erfinv(a[0])


class TestFinding(unittest.TestCase):
    def test_it_is_linear_near_zero(self):
        a = wp.array([1e-20], dtype=float, device="cpu")
        wp.launch(inverse, dim=1, inputs=[a], device="cpu")
        np.testing.assert_allclose(a.numpy(), [8.862269e-21], rtol=1e-5)


if __name__ == "__main__":
    unittest.main()
