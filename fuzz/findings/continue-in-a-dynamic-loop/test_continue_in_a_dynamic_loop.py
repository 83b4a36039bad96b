"""What a trip of a loop computed before it went on by ``continue`` has a derivative."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def double(x: wp.array(dtype=float), n: int, y: wp.array(dtype=float)):
    for i in range(n):
        y[i] = 2.0 * x[i]
        if i == 1:
            continue


class TestFinding(unittest.TestCase):
    def test_every_trip_has_a_derivative(self):
        x = wp.array([1.0, 1.0, 1.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(3, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(double, dim=1, inputs=[x, 3], outputs=[y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(3, np.float32), device="cpu")})
        self.assertEqual(y.numpy().tolist(), [2.0, 2.0, 2.0])
        self.assertEqual(x.grad.numpy().tolist(), [2.0, 2.0, 2.0])


if __name__ == "__main__":
    unittest.main()
