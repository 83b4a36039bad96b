"""``bool(x)`` of a float16 is whether it is not zero, as of the other floats."""

import unittest

import warp as wp


@wp.kernel
def truth(a: wp.array(dtype=wp.float16), b: wp.array(dtype=wp.bool)):
    b[0] = bool(a[0])


class TestFinding(unittest.TestCase):
    def test_one_is_true(self):
        a = wp.array([1.0], dtype=wp.float16, device="cpu")
        b = wp.zeros(1, dtype=wp.bool, device="cpu")
        wp.launch(truth, dim=1, inputs=[a, b], device="cpu")
        self.assertTrue(b.numpy()[0])


if __name__ == "__main__":
    unittest.main()
