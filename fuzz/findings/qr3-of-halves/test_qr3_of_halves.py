"""``qr3`` yields factors of a float16 matrix with zero columns, ``A = Q R``, as it does in float32."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def rebuild(a: wp.array(dtype=wp.mat33h)):
    q = wp.mat33h()
    r = wp.mat33h()
    wp.qr3(a[0], q, r)
    a[0] = q * r


class TestFinding(unittest.TestCase):
    def test_the_factors_of_a_matrix_of_rank_one_make_it_again(self):
        matrix = np.diag([1.0, 0.0, 0.0]).astype(np.float16)
        a = wp.array([matrix], dtype=wp.mat33h, device="cpu")
        wp.launch(rebuild, dim=1, inputs=[a], device="cpu")
        np.testing.assert_allclose(a.numpy()[0], matrix, atol=0.01)


if __name__ == "__main__":
    unittest.main()
