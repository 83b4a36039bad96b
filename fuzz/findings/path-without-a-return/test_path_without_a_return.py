"""A function that returns a value on one path and nothing on another is refused."""

import unittest

import warp as wp


@wp.func
def root(x: float):
    if x > 0.0:
        return wp.sqrt(x)


@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[0] = root(x[0]) + 1.0


class TestFinding(unittest.TestCase):
    def test_it_is_refused(self):
        x = wp.array([-4.0], dtype=float, device="cpu")
        with self.assertRaises(Exception):  # noqa: B017  # which one is for Warp to say
            wp.launch(kernel, dim=1, inputs=[x], device="cpu")


if __name__ == "__main__":
    unittest.main()
