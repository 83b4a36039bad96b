"""The derivative of the square of an element of a local array is twice the element: 4 at 2."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def square(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    t = wp.zeros(shape=2, dtype=float)
    t[0] = a[0]
    out[0] = t[0] * t[0]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        a = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(square, dim=1, inputs=[a, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 4.0)
        np.testing.assert_allclose(a.grad.numpy(), [4.0])


if __name__ == "__main__":
    unittest.main()
