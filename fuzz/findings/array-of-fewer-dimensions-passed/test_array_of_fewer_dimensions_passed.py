"""A function that asks for a two-dimensional array is not to be called with one of one dimension."""

import unittest

import warp as wp


@wp.func
def corner(a: wp.array2d(dtype=float)):
    return a[1, 1]


@wp.kernel
def kernel(a: wp.array(dtype=float), b: wp.array(dtype=float)):
    b[0] = corner(a)


class TestFinding(unittest.TestCase):
    def test_it_is_refused(self):
        a, b = (wp.zeros(4, dtype=float, device="cpu") for _ in range(2))
        with self.assertRaises(Exception):  # noqa: B017  # which one is for Warp to say
            wp.launch(kernel, dim=1, inputs=[a, b], device="cpu")


if __name__ == "__main__":
    unittest.main()
