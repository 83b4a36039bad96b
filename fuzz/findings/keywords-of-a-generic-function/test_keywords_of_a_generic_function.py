"""A function with a parameter annotated ``Any`` takes keyword arguments as any other does."""

import typing
import unittest

import warp as wp


@wp.func
def scaled(x: typing.Any, factor: float):
    return x * factor


@wp.kernel
def twice(x: wp.array(dtype=float)):
    x[0] = scaled(x[0], factor=2.0)


class TestFinding(unittest.TestCase):
    def test_twice_three_is_six(self):
        x = wp.array([3.0], dtype=float, device="cpu")
        wp.launch(twice, dim=1, inputs=[x], device="cpu")
        self.assertEqual(x.numpy()[0], 6.0)


if __name__ == "__main__":
    unittest.main()
