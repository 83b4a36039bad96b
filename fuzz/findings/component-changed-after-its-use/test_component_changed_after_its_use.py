"""The gradient of the square of a vector is twice the vector as it was when it was squared: 4 and 6."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def added_to(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    v = wp.vec2()
    v[0] = a[0]
    v[1] = a[1]
    out[0] = wp.dot(v, v)
    v[0] += 1.0


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        a = wp.array([2.0, 3.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(added_to, dim=1, inputs=[a, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 13.0)
        np.testing.assert_allclose(a.grad.numpy(), [4.0, 6.0])


if __name__ == "__main__":
    unittest.main()
