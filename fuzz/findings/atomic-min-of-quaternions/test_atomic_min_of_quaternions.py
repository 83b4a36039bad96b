"""``atomic_min`` on an array of quaternions is done by component, as on vectors, or refused by its name."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def least(a: wp.array(dtype=wp.quat), q: wp.quat):
    wp.atomic_min(a, 0, q)


class TestFinding(unittest.TestCase):
    def test_components_are_compared_or_the_call_is_refused(self):
        a = wp.array([[1.0, 2.0, 3.0, 4.0]], dtype=wp.quat, device="cpu")
        try:
            wp.launch(least, dim=1, inputs=[a, wp.quat(2.0, 1.0, 4.0, 3.0)], device="cpu")
        except (RuntimeError, TypeError) as error:
            self.assertIn("atomic_min", str(error))
        else:
            np.testing.assert_array_equal(a.numpy(), [[1.0, 1.0, 3.0, 3.0]])


if __name__ == "__main__":
    unittest.main()
