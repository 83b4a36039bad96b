"""A kernel may hand an indexed array to a function. The function reads an element."""

import unittest

import warp as wp


@wp.func
def element(x: wp.indexedarray(dtype=float), i: int):
    return x[i]


@wp.kernel
def gather(x: wp.indexedarray(dtype=float), y: wp.array(dtype=float)):
    i = wp.tid()
    y[i] = element(x, i)


class TestFinding(unittest.TestCase):
    def test_the_function_reads_elements(self):
        base = wp.array([1.0, 2.0, 3.0], dtype=float, device="cpu")
        x = wp.indexedarray(base, [wp.array([2, 0], dtype=int, device="cpu")])
        y = wp.zeros(2, dtype=float, device="cpu")
        wp.launch(gather, dim=2, inputs=[x, y], device="cpu")
        self.assertEqual(y.numpy().tolist(), [3.0, 1.0])


if __name__ == "__main__":
    unittest.main()
