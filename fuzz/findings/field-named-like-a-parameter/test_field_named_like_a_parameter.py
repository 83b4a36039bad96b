"""A struct may have fields named ``rhs`` and ``ret``: their values are 2 and 3."""

import unittest

import warp as wp


@wp.struct
class Equation:
    rhs: float


@wp.struct
class Outcome:
    ret: float


@wp.kernel
def total(e: Equation, o: Outcome, a: wp.array(dtype=float)):
    a[0] = e.rhs + o.ret


class TestFinding(unittest.TestCase):
    def test_fields_have_their_values(self):
        e, o = Equation(), Outcome()
        e.rhs, o.ret = 2.0, 3.0
        a = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(total, dim=1, inputs=[e, o, a], device="cpu")
        self.assertEqual(a.numpy()[0], 5.0)


if __name__ == "__main__":
    unittest.main()
