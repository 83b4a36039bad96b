"""What a branch makes of the truth value that it was chosen by does not change which values come out of it."""

import unittest

import warp as wp


@wp.kernel
def kernel(n: int, out: wp.array(dtype=float)):
    first = n > 9
    if first:
        y = 1.0
    else:
        y = 2.0
        for _i in range(n):
            first = True
    out[0] = y


class TestFinding(unittest.TestCase):
    def test_the_second_branch(self):
        out = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(kernel, dim=1, inputs=[1], outputs=[out], device="cpu")
        self.assertEqual(out.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
