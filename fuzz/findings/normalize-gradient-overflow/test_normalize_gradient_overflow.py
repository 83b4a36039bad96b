"""The direction of a short quaternion has a derivative in float16 as in float32: 64, where the length is 1/64."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(q: wp.array(dtype=wp.quath), r: wp.array(dtype=wp.quath)):
    r[0] = wp.normalize(q[0])


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        wp.init()
        q = wp.array([[1.0 / 64.0, 0.0, 0.0, 0.0]], dtype=wp.quath, requires_grad=True, device="cpu")
        r = wp.zeros(1, dtype=wp.quath, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[q, r], device="cpu")
        tape.backward(grads={r: wp.array([[0.0, 1.0, 0.0, 0.0]], dtype=wp.quath, device="cpu")})
        np.testing.assert_allclose(q.grad.numpy()[0], [0.0, 64.0, 0.0, 0.0])


if __name__ == "__main__":
    unittest.main()
