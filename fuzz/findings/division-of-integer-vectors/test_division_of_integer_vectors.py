"""Going back through ``v / s`` of integers does not crash: the divisor is not zero, and integers have no gradient.

The kernel is run in a process of its own, which the defect kills.
"""

import subprocess
import sys
import unittest

import warp as wp


@wp.kernel
def divide(v: wp.array(dtype=wp.vec2i), s: wp.array(dtype=int), out: wp.array(dtype=wp.vec2i)):
    out[0] = v[0] / s[0]


def run():
    wp.set_module_options({"mode": "debug"})  # optimised, the adjoint of s goes unused and is not computed
    v = wp.array([[7, 9]], dtype=wp.vec2i, device="cpu")
    s = wp.array([65536], dtype=int, device="cpu")
    out = wp.zeros(1, dtype=wp.vec2i, device="cpu")
    tape = wp.Tape()
    with tape:
        wp.launch(divide, dim=1, inputs=[v, s, out], device="cpu")
    tape.backward()


class TestFinding(unittest.TestCase):
    def test_the_backward_pass_ends(self):
        code = subprocess.run([sys.executable, __file__, "run"], capture_output=True, check=False).returncode
        self.assertEqual(code, 0, "the process was killed" if code < 0 else "")


if __name__ == "__main__":
    if sys.argv[1:] == ["run"]:
        run()
    else:
        unittest.main()
