"""What happens to an argument after a function was called with it does not matter to the function."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Point:
    x: float


@wp.func
def squared(p: Point):
    return p.x * p.x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    p = Point()
    p.x = x[0]
    r = squared(p)
    p.x = 5.0
    y[0] = r


class TestFinding(unittest.TestCase):
    def test_twice_two(self):
        x = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 4.0)
        self.assertEqual(x.grad.numpy()[0], 4.0)


if __name__ == "__main__":
    unittest.main()
