"""``p, q = q, p % q`` in a loop evaluates its right side first, so that Euclid's algorithm finds gcd(18, 12) = 6."""

import unittest

import warp as wp


@wp.kernel
def euclid(a: wp.array(dtype=int)):
    q = a[1]
    p = a[0]
    while q != 0:
        p, q = q, p % q
    a[0] = p


class TestFinding(unittest.TestCase):
    def test_euclid_finds_the_greatest_common_divisor(self):
        a = wp.array([18, 12], dtype=int, device="cpu")
        wp.launch(euclid, dim=1, inputs=[a], device="cpu")
        self.assertEqual(a.numpy()[0], 6)


if __name__ == "__main__":
    unittest.main()
