"""``svd2`` yields factors of its argument, ``A = U diag(s) V'``, where both singular values are equal, too."""

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
    def test_the_factors_of_a_rotation_make_it_again(self):
        rotation = np.array([[0.0, -1.0], [1.0, 0.0]], np.float32)
        a = wp.array([rotation], dtype=wp.mat22, device="cpu")
        wp.launch(rebuild, dim=1, inputs=[a], device="cpu")
        np.testing.assert_allclose(a.numpy()[0], rotation, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
