"""Numbers have no matrix product."""

import unittest

import warp as wp


@wp.kernel
def kernel(x: float, a: wp.array(dtype=float)):
    a[0] = x @ x


class TestFinding(unittest.TestCase):
    def test_it_is_refused(self):
        a = wp.zeros(1, dtype=float, device="cpu")
        with self.assertRaises(Exception):  # noqa: B017  # which one is for Warp to say
            wp.launch(kernel, dim=1, inputs=[3.0, a], device="cpu")


if __name__ == "__main__":
    unittest.main()
