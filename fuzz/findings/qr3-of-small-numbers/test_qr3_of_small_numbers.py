"""The factor R of ``qr3`` is an upper triangle, that of a matrix of ten-millionths in float32, too."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def factor(a: wp.array(dtype=wp.mat33), found: wp.array(dtype=wp.mat33)):
    q = wp.mat33()
    r = wp.mat33()
    wp.qr3(a[0], q, r)
    found[0] = r


class TestFinding(unittest.TestCase):
    def test_nothing_stands_below_the_diagonal(self):
        matrix = 1e-7 * np.array([[[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]])
        a = wp.array(matrix, dtype=wp.mat33, device="cpu")
        found = wp.zeros(1, dtype=wp.mat33, device="cpu")
        wp.launch(factor, dim=1, inputs=[a, found], device="cpu")
        np.testing.assert_allclose(np.tril(found.numpy()[0], -1), np.zeros((3, 3)), rtol=0.0, atol=1e-10)


if __name__ == "__main__":
    unittest.main()
