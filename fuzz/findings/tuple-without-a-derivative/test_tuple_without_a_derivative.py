"""What is taken out of a tuple has the derivative of what was put in."""

import unittest

import numpy as np
import warp as wp


@wp.func
def multiples(x: float):
    return 2.0 * x, 3.0 * x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    both = multiples(x[0])
    y[0] = both[0] + both[1]


class TestFinding(unittest.TestCase):
    def test_the_derivative_is_5(self):
        x = wp.array([3.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x], outputs=[y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 15.0)
        self.assertEqual(x.grad.numpy()[0], 5.0)


if __name__ == "__main__":
    unittest.main()
