"""The ``else`` of a loop runs where nothing left the loop by ``break``; or the kernel is refused."""

import unittest

import warp as wp


@wp.kernel
def search(x: wp.array(dtype=int), found: wp.array(dtype=int)):
    for i in range(2):
        if x[i] > 10:
            break
    else:
        found[0] = -1


class TestFinding(unittest.TestCase):
    def test_nothing_is_found(self):
        x = wp.array([1, 2], dtype=int, device="cpu")
        found = wp.zeros(1, dtype=int, device="cpu")
        wp.launch(search, dim=1, inputs=[x, found], device="cpu")
        self.assertEqual(found.numpy()[0], -1)


if __name__ == "__main__":
    unittest.main()
