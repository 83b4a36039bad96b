"""A chain of comparisons ends at the first that is false, as ``and`` does."""

import unittest

import warp as wp


@wp.func
def count(calls: wp.array(dtype=int)):
    calls[0] += 1
    return 5


@wp.kernel
def kernel(x: int, calls: wp.array(dtype=int), out: wp.array(dtype=wp.bool)):
    out[0] = 0 < x < count(calls)


class TestFinding(unittest.TestCase):
    def test_the_rest_of_a_chain_is_left_alone(self):
        calls = wp.zeros(1, dtype=int, device="cpu")
        out = wp.zeros(1, dtype=wp.bool, device="cpu")
        wp.launch(kernel, dim=1, inputs=[-1, calls, out], device="cpu")
        self.assertFalse(out.numpy()[0])
        self.assertEqual(calls.numpy()[0], 0)


if __name__ == "__main__":
    unittest.main()
