"""An ``assert`` may go over several lines, which is how formatters write long ones."""

import unittest

import warp as wp


@wp.kernel
def checked(a: wp.array(dtype=float)):
    assert a[0] > 0.0 and a[0] < 2.0, (
        "the first value is the share of the whole that is left, so it is positive, and no share is as large as two"
    )
    a[0] = 5.0


class TestFinding(unittest.TestCase):
    def test_an_assertion_that_holds_changes_nothing(self):
        a = wp.array([1.0], dtype=float, device="cpu")
        wp.launch(checked, dim=1, inputs=[a], device="cpu")
        self.assertEqual(a.numpy()[0], 5.0)


if __name__ == "__main__":
    unittest.main()
