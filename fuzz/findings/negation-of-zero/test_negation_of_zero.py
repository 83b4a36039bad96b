"""``-x`` of a float turns its sign round, that of zero, too: atan2(-0.0, -1.0) is -pi."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def angle(a: wp.array(dtype=float)):
    a[0] = wp.atan2(-a[0], -1.0)


class TestFinding(unittest.TestCase):
    def test_minus_zero_is_below_the_branch_cut(self):
        a = wp.array([0.0], dtype=float, device="cpu")
        wp.launch(angle, dim=1, inputs=[a], device="cpu")
        np.testing.assert_allclose(a.numpy(), [-np.pi], rtol=1e-6)


if __name__ == "__main__":
    unittest.main()
