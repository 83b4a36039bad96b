"""The sign of an angle in float16 can be taken, whether it was converted to radians or not."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=wp.float16), y: wp.array(dtype=wp.float16)):
    y[0] = wp.copysign(x[0], wp.radians(x[1]))


class TestFinding(unittest.TestCase):
    def setUp(self):
        self.flags = getattr(wp.config, "cpu_compiler_flags", "")
        wp.config.cpu_compiler_flags = ""  # code for any processor, without AVX512-FP16

    def tearDown(self):
        wp.config.cpu_compiler_flags = self.flags

    def test_sign(self):
        x = wp.array(np.array([1.0, -2.0], np.float16), dtype=wp.float16, device="cpu")
        y = wp.zeros(1, dtype=wp.float16, device="cpu")
        wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
        self.assertEqual(y.numpy()[0], -1.0)


if __name__ == "__main__":
    unittest.main()
