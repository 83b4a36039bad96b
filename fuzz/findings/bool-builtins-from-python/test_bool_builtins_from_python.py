"""A builtin that returns a bool can be called from Python, as those that return numbers can."""

import unittest

import warp as wp


class TestFinding(unittest.TestCase):
    def test_one_is_finite(self):
        isfinite = wp.isfinite
        try:
            found = isfinite(1.0)
        except AttributeError as error:
            self.fail(f"wp.isfinite(1.0) raises AttributeError: {error}")
        self.assertTrue(found)


if __name__ == "__main__":
    unittest.main()
