"""The derivative of ``x * TWO`` is 2, whatever else reads the constant in a loop."""

import unittest

import numpy as np
import warp as wp

TWO = wp.constant(2.0)


@wp.kernel
def kernel(x: wp.array(dtype=float), n: int, out: wp.array(dtype=float)):
    for i in range(n):
        if i > 0:
            out[1] = TWO
        else:
            out[2] = TWO
    out[0] = x[0] * TWO


class TestFinding(unittest.TestCase):
    def test_a_constant_behind_a_loop(self):
        x = wp.array([3.0], dtype=float, device="cpu", requires_grad=True)
        out = wp.zeros(3, dtype=float, device="cpu", requires_grad=True)
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[x, 2, out], device="cpu")
        np.testing.assert_array_equal(out.numpy(), [6.0, 2.0, 2.0])
        out.grad = wp.array([1.0, 0.0, 0.0], dtype=float, device="cpu")
        tape.backward()
        np.testing.assert_array_equal(x.grad.numpy(), [2.0])


if __name__ == "__main__":
    unittest.main()
