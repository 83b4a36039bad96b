"""``svd2`` of a matrix of rank one has 0, or a rounding error of it, as its second singular value."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def rebuild(a: wp.array(dtype=wp.mat22)):
    u = wp.mat22()
    s = wp.vec2()
    v = wp.mat22()
    wp.svd2(a[0], u, s, v)
    a[0] = u * wp.diag(s) * wp.transpose(v)


class TestFinding(unittest.TestCase):
    def test_the_factors_of_a_singular_matrix_make_it_again(self):
        singular = np.array([[0.1, 0.5], [0.2, 1.0]], np.float32)
        a = wp.array([singular], dtype=wp.mat22, device="cpu")
        wp.launch(rebuild, dim=1, inputs=[a], device="cpu")
        np.testing.assert_allclose(a.numpy()[0], singular, atol=1e-3)


if __name__ == "__main__":
    unittest.main()
