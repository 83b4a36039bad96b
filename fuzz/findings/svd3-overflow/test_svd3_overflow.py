"""The factors of ``svd3`` of a float16 matrix multiply to the matrix again, whose entries are far from 65504."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def product(a: wp.array(dtype=wp.mat33h), found: wp.array(dtype=wp.mat33h)):
    u = wp.mat33h()
    s = wp.vec3h()
    v = wp.mat33h()
    wp.svd3(a[0], u, s, v)
    found[0] = u * wp.diag(s) * wp.transpose(v)


class TestFinding(unittest.TestCase):
    def test_the_factors_multiply_to_the_matrix(self):
        matrix = np.array([[[8.0, 8.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
        a = wp.array(matrix, dtype=wp.mat33h, device="cpu")
        found = wp.zeros(1, dtype=wp.mat33h, device="cpu")
        wp.launch(product, dim=1, inputs=[a, found], device="cpu")
        np.testing.assert_allclose(found.numpy(), matrix, rtol=0.0, atol=0.1)


if __name__ == "__main__":
    unittest.main()
