"""A slice of a vector can be stored to, wherever the vector is: in a local, in a field, or in an array."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def front(a: wp.array(dtype=wp.vec3)):
    a[0][0:2] = wp.vec2(4.0, 5.0)


class TestFinding(unittest.TestCase):
    def test_the_element(self):
        a = wp.zeros(1, dtype=wp.vec3, device="cpu")
        wp.launch(front, dim=1, inputs=[a], device="cpu")
        np.testing.assert_array_equal(a.numpy()[0], [4.0, 5.0, 0.0])


if __name__ == "__main__":
    unittest.main()
