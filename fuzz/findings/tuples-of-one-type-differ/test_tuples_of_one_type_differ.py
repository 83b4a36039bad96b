"""Tuples of the same types have the same type, so that both branches of an ``if`` may bind a name to one."""

import unittest

import warp as wp


@wp.func
def multiples(x: float):
    return 2.0 * x, 3.0 * x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    if x[0] > 0.0:
        both = multiples(x[0])
        y[1] = both[0]
    else:
        both = multiples(x[1])
    y[0] = both[1]


class TestFinding(unittest.TestCase):
    def test_the_name_has_the_tuple_of_the_branch_that_ran(self):
        x = wp.array([1.0, 2.0], dtype=float, device="cpu")
        y = wp.zeros(2, dtype=float, device="cpu")
        wp.launch(kernel, dim=1, inputs=[x], outputs=[y], device="cpu")
        self.assertEqual(y.numpy().tolist(), [3.0, 2.0])


if __name__ == "__main__":
    unittest.main()
