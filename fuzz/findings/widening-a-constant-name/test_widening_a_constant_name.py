"""``wp.float64(k)`` yields a converted value and leaves ``k``, an int, as it is."""

import unittest

import warp as wp


@wp.kernel
def convert(a: wp.array(dtype=wp.int32), b: wp.array(dtype=wp.float64)):
    k = 3
    b[0] = wp.float64(k)
    a[0] = k


class TestFinding(unittest.TestCase):
    def test_a_name_keeps_its_type(self):
        a = wp.zeros(1, dtype=wp.int32, device="cpu")
        b = wp.zeros(1, dtype=wp.float64, device="cpu")
        wp.launch(convert, dim=1, inputs=[a, b], device="cpu")
        self.assertEqual((a.numpy()[0], b.numpy()[0]), (3, 3.0))


if __name__ == "__main__":
    unittest.main()
