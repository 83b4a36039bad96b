"""A thread that returns from a dynamic loop has the gradient of what it computed: 2 for ``2 * x``, not 3, 5 or 11."""

import unittest

import warp as wp


@wp.kernel
def kernel(a: wp.array(dtype=float), n: int, out: wp.array(dtype=float)):
    i = wp.tid()
    for j in range(n):
        if a[i] > float(j):
            out[i] = 2.0 * a[i]
            return
    out[i] = 3.0 * a[i]


class TestFinding(unittest.TestCase):
    def test_a_thread_that_returns_from_a_loop_has_its_own_gradient(self):
        a = wp.array([1.5], dtype=float, device="cpu", requires_grad=True)
        out = wp.zeros(1, dtype=float, device="cpu", requires_grad=True)
        with wp.Tape() as tape:
            wp.launch(kernel, dim=1, inputs=[a, 3, out], device="cpu")
        self.assertEqual(out.numpy()[0], 3.0)
        out.grad.fill_(1.0)
        tape.backward()
        self.assertEqual(a.grad.numpy()[0], 2.0)


if __name__ == "__main__":
    unittest.main()
