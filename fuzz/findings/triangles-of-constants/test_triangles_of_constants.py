"""A vertex of a triangle may be a constant, as it may be any other vector."""

import unittest

import warp as wp

ORIGIN = wp.constant(wp.vec3(0.0, 0.0, 0.0))


@wp.kernel
def meet(p: wp.array(dtype=wp.vec3), found: wp.array(dtype=int)):
    found[0] = wp.intersect_tri_tri(ORIGIN, p[0], p[1], p[2], p[3], p[4])


class TestFinding(unittest.TestCase):
    def test_two_triangles_meet(self):
        points = [(1, 0, 0), (0, 1, 0), (0.2, 0.2, -1), (0.2, 0.2, 1), (0.3, 0.3, 1)]
        p = wp.array(points, dtype=wp.vec3, device="cpu")
        found = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(meet, dim=1, inputs=[p, found], device="cpu")
        self.assertEqual(found.numpy()[0], 1)


if __name__ == "__main__":
    unittest.main()
