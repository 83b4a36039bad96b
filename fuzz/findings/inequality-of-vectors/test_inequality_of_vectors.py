"""``u != v`` compares vectors (matrices, quaternions, transforms) as ``not (u == v)`` does."""

import unittest

import warp as wp


@wp.kernel
def differ(u: wp.vec3, v: wp.vec3, found: wp.array(dtype=int)):
    if u != v:
        found[0] = 1


class TestFinding(unittest.TestCase):
    def test_two_vectors_differ(self):
        found = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(differ, dim=1, inputs=[wp.vec3(1.0, 2.0, 3.0), wp.vec3(1.0, 2.0, 4.0), found], device="cpu")
        self.assertEqual(found.numpy()[0], 1)


if __name__ == "__main__":
    unittest.main()
