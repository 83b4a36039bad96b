"""A copy of a local array has the derivative of what was copied: 5."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def copied(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    t = wp.zeros(shape=2, dtype=float)
    t[0] = 5.0 * a[0]
    u = t
    out[0] = u[0]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        a = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(copied, dim=1, inputs=[a, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 10.0)
        np.testing.assert_allclose(a.grad.numpy(), [5.0])


if __name__ == "__main__":
    unittest.main()
