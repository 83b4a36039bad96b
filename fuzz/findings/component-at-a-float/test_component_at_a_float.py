"""A vector has no component at 1.9."""

import unittest

import warp as wp


@wp.kernel
def kernel(v: wp.vec3, a: wp.array(dtype=float)):
    a[0] = v[1.9]


class TestFinding(unittest.TestCase):
    def test_it_is_refused(self):
        a = wp.zeros(1, dtype=float, device="cpu")
        with self.assertRaises(Exception):  # noqa: B017  # which one is for Warp to say
            wp.launch(kernel, dim=1, inputs=[wp.vec3(1.0, 2.0, 3.0), a], device="cpu")


if __name__ == "__main__":
    unittest.main()
