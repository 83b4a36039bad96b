"""What a function with two results returns is a tuple wherever it stands, as it is when a new name is bound to it."""

import unittest

import warp as wp


@wp.func
def multiples(x: float):
    return 2.0 * x, 3.0 * x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    both = multiples(x[0])
    y[0] = both[1]
    both = multiples(x[1])
    y[1] = both[1]


class TestFinding(unittest.TestCase):
    def test_both_calls_have_their_results(self):
        x = wp.array([1.0, 2.0], dtype=float, device="cpu")
        y = wp.zeros(2, dtype=float, device="cpu")
        wp.launch(kernel, dim=1, inputs=[x], outputs=[y], device="cpu")
        self.assertEqual(y.numpy().tolist(), [3.0, 6.0])


if __name__ == "__main__":
    unittest.main()
