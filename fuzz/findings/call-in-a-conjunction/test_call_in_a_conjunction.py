"""What a function does as an operand of ``and`` has a derivative, whatever comes of the whole conjunction."""

import unittest

import numpy as np
import warp as wp


@wp.func
def put(y: wp.array(dtype=float), x: float):
    y[0] = 2.0 * x
    return x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    large = x[0] > 0.0 and put(y, x[0]) > 10.0  # noqa: F841


class TestFinding(unittest.TestCase):
    def test_the_derivative_is_2(self):
        x = wp.array([3.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x], outputs=[y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 6.0)
        self.assertEqual(x.grad.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
