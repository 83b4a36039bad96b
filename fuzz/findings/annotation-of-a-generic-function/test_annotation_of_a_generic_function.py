"""The annotated result of a function is held against what it returns, with a parameter annotated ``Any`` as without."""

import typing
import unittest

import warp as wp


@wp.func
def double(x: typing.Any) -> wp.vec3:
    return x + x


@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[0] = double(x[0])


class TestFinding(unittest.TestCase):
    def test_it_is_refused(self):
        x = wp.ones(1, dtype=float, device="cpu")
        with self.assertRaises(Exception):  # noqa: B017  # which one is for Warp to say
            wp.launch(kernel, dim=1, inputs=[x], device="cpu")


if __name__ == "__main__":
    unittest.main()
