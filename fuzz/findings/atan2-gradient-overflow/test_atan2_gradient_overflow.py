"""``atan2`` has a gradient, also where an argument is 256 in float16."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=wp.float16), y: wp.array(dtype=wp.float16)):
    y[0] = wp.atan2(x[0], x[1])


class TestFinding(unittest.TestCase):
    def test_at_256(self):
        x = wp.array([1.0, 256.0], dtype=wp.float16, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=wp.float16, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
        y.grad.fill_(1.0)
        tape.backward()
        np.testing.assert_allclose(x.grad.numpy()[0], 1.0 / 256.0, rtol=0.01)


if __name__ == "__main__":
    unittest.main()
