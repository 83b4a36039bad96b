"""``wp.float64(True)`` is 1.0, as ``float(True)`` is."""

import unittest

import warp as wp


@wp.kernel
def convert(a: wp.array(dtype=wp.float64)):
    a[0] = wp.float64(True)


class TestFinding(unittest.TestCase):
    def test_true_is_one(self):
        a = wp.zeros(1, dtype=wp.float64, device="cpu")
        wp.launch(convert, dim=1, inputs=[a], device="cpu")
        self.assertEqual(a.numpy()[0], 1.0)


if __name__ == "__main__":
    unittest.main()
