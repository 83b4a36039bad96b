"""Elements of an indexed array may be updated by ``atomic_max``, as they are by ``atomic_add``."""

import unittest

import warp as wp


@wp.kernel
def highest(x: wp.indexedarray(dtype=float), y: wp.array(dtype=float)):
    i = wp.tid()
    wp.atomic_max(x, i, y[i])


class TestFinding(unittest.TestCase):
    def test_the_larger_number_remains(self):
        base = wp.array([1.0, 2.0, 3.0], dtype=float, device="cpu")
        x = wp.indexedarray(base, [wp.array([2, 0], dtype=int, device="cpu")])
        y = wp.array([2.5, 2.5], dtype=float, device="cpu")
        wp.launch(highest, dim=2, inputs=[x, y], device="cpu")
        self.assertEqual(base.numpy().tolist(), [2.5, 2.0, 3.0])


if __name__ == "__main__":
    unittest.main()
