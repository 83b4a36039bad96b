"""A name that a dynamic loop binds has a derivative where it is read behind the loop."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def last(x: wp.array(dtype=float), n: int, y: wp.array(dtype=float)):
    for i in range(n):
        found = x[i]
    y[0] = found


class TestFinding(unittest.TestCase):
    def test_the_last_element_has_derivative_1(self):
        x = wp.array([1.0, 1.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(last, dim=1, inputs=[x, 2], outputs=[y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(x.grad.numpy().tolist(), [0.0, 1.0])


if __name__ == "__main__":
    unittest.main()
