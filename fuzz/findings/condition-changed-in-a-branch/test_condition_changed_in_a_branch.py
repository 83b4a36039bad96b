"""What a branch makes of the truth value that it was chosen by does not change which values come out of it."""

import unittest

import warp as wp


@wp.kernel
def kernel(waiting: wp.array(dtype=bool), out: wp.array(dtype=float)):
    y = 1.0
    if waiting[0]:
        waiting[0] = False
        y = 2.0
    out[0] = y


class TestFinding(unittest.TestCase):
    def test_the_branch_that_was_taken(self):
        waiting = wp.array([True], dtype=bool, device="cpu")
        out = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(kernel, dim=1, inputs=[waiting], outputs=[out], device="cpu")
        self.assertEqual(out.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
