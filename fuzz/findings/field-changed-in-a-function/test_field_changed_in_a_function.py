"""A function that assigns to a field of its own copy of a struct leaves the caller's alone, derivatives as well."""

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


class TestFinding(unittest.TestCase):
    def test_the_callers_field(self):
        x = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 2.0)
        self.assertEqual(x.grad.numpy()[0], 1.0)


if __name__ == "__main__":
    unittest.main()
