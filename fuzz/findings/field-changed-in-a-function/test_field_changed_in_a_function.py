"""A function that changes its own copy of what it was given leaves the caller's alone, derivatives as well."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Point:
    x: float


@wp.func
def reset(p: Point):
    p.x = 0.0
    return p.x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    p = Point()
    p.x = x[0]
    r = reset(p)
    y[0] = p.x + r


@wp.func
def halvings(x: float, least: float):
    count = wp.int32(0)
    while x > least:
        x = x / 2.0
        count += 1
    return count


@wp.kernel
def number_kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    whole = x[0]
    y[0] = float(halvings(whole, 1.0)) + whole


class TestFinding(unittest.TestCase):
    def check(self, kernel, expected):
        x = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], expected)
        self.assertEqual(x.grad.numpy()[0], 1.0)

    def test_the_callers_field(self):
        self.check(kernel, 2.0)

    def test_the_callers_number(self):
        self.check(number_kernel, 3.0)


if __name__ == "__main__":
    unittest.main()
