"""The factors of ``svd2`` of a float32 matrix with singular values 1.73 and 1 multiply to the matrix again."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def product(a: wp.array(dtype=wp.mat22), found: wp.array(dtype=wp.mat22)):
    u = wp.mat22()
    s = wp.vec2()
    v = wp.mat22()
    wp.svd2(a[0], u, s, v)
    found[0] = u * wp.diag(s) * wp.transpose(v)


class TestFinding(unittest.TestCase):
    def test_the_factors_multiply_to_the_matrix(self):
        matrix = np.array([[[1.4142135, 0.70710677], [0.0, 1.2247444]]], dtype=np.float32)
        a = wp.array(matrix, dtype=wp.mat22, device="cpu")
        found = wp.zeros(1, dtype=wp.mat22, device="cpu")
        wp.launch(product, dim=1, inputs=[a, found], device="cpu")
        np.testing.assert_allclose(found.numpy(), matrix, rtol=0.0, atol=0.01)


if __name__ == "__main__":
    unittest.main()
