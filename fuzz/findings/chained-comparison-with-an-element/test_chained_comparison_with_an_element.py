"""An array element may stand in a comparison chain behind another value of its type: ``0.0 < x < a[0]``."""

import unittest

import warp as wp


@wp.kernel
def between(a: wp.array(dtype=float), x: float, found: wp.array(dtype=int)):
    if 0.0 < x < a[0]:
        found[0] = 1


class TestFinding(unittest.TestCase):
    def test_the_chain_compares_with_the_element(self):
        a = wp.array([2.0], dtype=float, device="cpu")
        found = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(between, dim=1, inputs=[a, 1.0, found], device="cpu")
        self.assertEqual(found.numpy()[0], 1)


if __name__ == "__main__":
    unittest.main()
