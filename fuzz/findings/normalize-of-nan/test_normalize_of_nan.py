"""``normalize`` of a vector with NaN has NaN in it: the documentation has zeros for length 0, and this one is NaN."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def direction(v: wp.array(dtype=wp.vec3)):
    v[0] = wp.normalize(v[0])


class TestFinding(unittest.TestCase):
    def test_what_has_no_length_has_no_direction(self):
        v = wp.array([[np.nan, 1.0, 2.0]], dtype=wp.vec3, device="cpu")
        wp.launch(direction, dim=1, inputs=[v], device="cpu")
        self.assertTrue(np.isnan(v.numpy()).any(), f"got {v.numpy()[0]}")


if __name__ == "__main__":
    unittest.main()
