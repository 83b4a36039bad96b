"""Tuples of the same types have the same type, so that a name may be bound to one after the other."""

import unittest

import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    both = (x[0], x[1])
    y[0] = both[1]
    both = (x[1], x[0])
    y[1] = both[1]


class TestFinding(unittest.TestCase):
    def test_the_name_has_the_second_tuple(self):
        x = wp.array([1.0, 2.0], dtype=float, device="cpu")
        y = wp.zeros(2, dtype=float, device="cpu")
        wp.launch(kernel, dim=1, inputs=[x], outputs=[y], device="cpu")
        self.assertEqual(y.numpy().tolist(), [2.0, 1.0])


if __name__ == "__main__":
    unittest.main()
