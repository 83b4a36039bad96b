"""Only ``t[0, 1]`` is read, so that the derivative is 10; that of ``t[0, 0]`` is another one's."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def corner(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    t = wp.zeros(shape=(2, 2), dtype=float)
    t[0, 0] = a[0]
    t[0, 1] = 10.0 * a[0]
    out[0] = t[0, 1]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        a = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(corner, dim=1, inputs=[a, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 20.0)
        np.testing.assert_allclose(a.grad.numpy(), [10.0])


if __name__ == "__main__":
    unittest.main()
