"""The angle of a small rotation has a derivative by the quaternion's vector part, in float16 as in float32."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(q: wp.array(dtype=wp.quath), y: wp.array(dtype=wp.float16)):
    _axis, angle = wp.quat_to_axis_angle(q[0])
    y[0] = angle


class TestFinding(unittest.TestCase):
    def test_two(self):
        wp.init()
        q = wp.array([[1.0 / 64.0, 0.0, 0.0, 1.0]], dtype=wp.quath, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=wp.float16, requires_grad=True, device="cpu")
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[q, y], device="cpu")
        tape.backward(grads={y: wp.array(np.ones(1, np.float16), dtype=wp.float16, device="cpu")})
        self.assertAlmostEqual(float(q.grad.numpy()[0, 0]), 2.0, delta=0.01)


if __name__ == "__main__":
    unittest.main()
