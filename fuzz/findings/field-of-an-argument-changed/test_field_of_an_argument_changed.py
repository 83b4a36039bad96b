"""The derivative of what a kernel assigns to a field of a struct among its arguments does not depend on the field."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Point:
    x: float


@wp.kernel
def kernel(p: Point, x: wp.array(dtype=float), y: wp.array(dtype=float)):
    p.x = x[0]
    y[0] = 2.0 * x[0]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        p = Point()
        p.x = 5.0
        x = wp.array([3.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[p, x, y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 6.0)
        self.assertEqual(x.grad.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
