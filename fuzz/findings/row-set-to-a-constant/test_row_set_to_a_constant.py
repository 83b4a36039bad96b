"""A row of a matrix may be set to a constant, as to any other vector."""

import unittest

import warp as wp

DOWN = wp.constant(wp.vec2(0.0, -1.0))


@wp.kernel
def lower(a: wp.array(dtype=wp.mat22)):
    m = a[0]
    m[1] = DOWN
    a[0] = m


class TestFinding(unittest.TestCase):
    def test_the_row_is_the_constant(self):
        a = wp.zeros(1, dtype=wp.mat22, device="cpu")
        wp.launch(lower, dim=1, inputs=[a], device="cpu")
        self.assertEqual(a.numpy()[0].tolist(), [[0.0, 0.0], [0.0, -1.0]])


if __name__ == "__main__":
    unittest.main()
