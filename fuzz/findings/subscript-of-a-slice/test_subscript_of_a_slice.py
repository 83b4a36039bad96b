"""A slice of a vector is a vector: it can be indexed."""

import unittest

import warp as wp


@wp.kernel
def second(v: wp.vec3, out: wp.array(dtype=float)):
    out[0] = v[1:][0]


class TestFinding(unittest.TestCase):
    def test_the_element_of_the_slice(self):
        out = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(second, dim=1, inputs=[wp.vec3(1.0, 2.0, 3.0), out], device="cpu")
        self.assertEqual(out.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
