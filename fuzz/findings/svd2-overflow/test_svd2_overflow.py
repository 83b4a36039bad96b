"""``svd2`` of a float16 matrix with singular values 20 and 10 finds them: they are far from the largest, 65504."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def values(a: wp.array(dtype=wp.mat22h), found: wp.array(dtype=wp.vec2h)):
    u = wp.mat22h()
    s = wp.vec2h()
    v = wp.mat22h()
    wp.svd2(a[0], u, s, v)
    found[0] = s


class TestFinding(unittest.TestCase):
    def test_a_diagonal_matrix_has_its_entries_as_singular_values(self):
        a = wp.array([[[20.0, 0.0], [0.0, 10.0]]], dtype=wp.mat22h, device="cpu")
        found = wp.zeros(1, dtype=wp.vec2h, device="cpu")
        wp.launch(values, dim=1, inputs=[a, found], device="cpu")
        np.testing.assert_allclose(found.numpy(), [[20.0, 10.0]], rtol=0.01)


if __name__ == "__main__":
    unittest.main()
