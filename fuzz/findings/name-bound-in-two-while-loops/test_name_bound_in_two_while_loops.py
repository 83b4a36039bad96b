"""Two loops within a loop bind the same name anew: what flows through one of them does not flow through the other."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def twice(x: wp.array(dtype=float), y: wp.array(dtype=float), n: int):
    for i in range(n):
        j = int(0)
        while j < 1:
            j += 1
            a = 2.0 * x[0]
            y[0] += a
        for k in range(1, n):
            a = 2.0 * x[0]
            y[0] += a


class TestFinding(unittest.TestCase):
    def test_four_times_two(self):
        x = wp.array([1.0], dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(twice, dim=1, inputs=[x, y, 2], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 8.0)
        self.assertEqual(x.grad.numpy()[0], 8.0)


if __name__ == "__main__":
    unittest.main()
