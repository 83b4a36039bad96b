"""A component of a field has the derivative of what was stored into it: 3."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Particle:
    v: wp.vec3


@wp.kernel
def component(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    p = Particle()
    p.v[1] = 3.0 * a[0]
    out[0] = p.v[1]


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        a = wp.array([2.0], dtype=float, requires_grad=True, device="cpu")
        out = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(component, dim=1, inputs=[a, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(out.numpy()[0], 6.0)
        np.testing.assert_allclose(a.grad.numpy(), [3.0])


if __name__ == "__main__":
    unittest.main()
