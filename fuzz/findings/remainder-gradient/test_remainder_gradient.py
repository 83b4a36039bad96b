"""The gradient of ``x % y`` by ``y`` is ``-trunc(x / y)``: 7.5 % 2 is 7.5 - 3 * 2."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def remainder(x: wp.array(dtype=float), y: wp.array(dtype=float), out: wp.array(dtype=float)):
    out[0] = x[0] % y[0]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        x = wp.array([7.5], dtype=float, requires_grad=True, device="cpu")
        y = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(remainder, dim=1, inputs=[x, y], outputs=[out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 1.5)
        np.testing.assert_allclose(x.grad.numpy(), [1.0])
        np.testing.assert_allclose(y.grad.numpy(), [-3.0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
