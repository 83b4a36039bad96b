"""Two loops within a loop bind the same name anew: what flows through one of them does not flow through the other."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def twice(x: wp.array(dtype=float), y: wp.array(dtype=float), n: int):
    for i in range(n):
        j = int(i)
        while j < n:
            j += 1
            a = 2.0 * x[i]
            y[0] += a
        for k in range(i, n):
            a = 2.0 * x[k]
            y[0] += a


class TestFinding(unittest.TestCase):
    def test_six_of_each(self):
        x = wp.ones(2, dtype=float, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(twice, dim=1, inputs=[x, y, 2], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float32), device="cpu")})
        self.assertEqual(y.numpy()[0], 12.0)
        self.assertEqual(x.grad.numpy().tolist(), [6.0, 6.0])


if __name__ == "__main__":
    unittest.main()
