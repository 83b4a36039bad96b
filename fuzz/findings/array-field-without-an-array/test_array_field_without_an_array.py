"""An array field of a struct may be ``None``, which the kernel does not read. The gradient of the other field is 2."""

import unittest

import warp as wp


@wp.struct
class Samples:
    values: wp.array(dtype=float)
    weights: wp.array(dtype=float)


@wp.kernel
def double(s: Samples, out: wp.array(dtype=float)):
    out[0] = 2.0 * s.values[0]


class TestFinding(unittest.TestCase):
    def test_the_tape_runs_backward(self):
        s = Samples()
        s.values = wp.ones(1, dtype=float, device="cpu", requires_grad=True)
        s.weights = None
        out = wp.zeros(1, dtype=float, device="cpu", requires_grad=True)
        with wp.Tape() as tape:
            wp.launch(double, dim=1, inputs=[s, out], device="cpu")
        tape.backward(grads={out: wp.ones(1, dtype=float, device="cpu")})
        self.assertEqual(s.values.grad.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
