"""A function may call another that calls the gradient of a third: the slope of ``x ** 3`` at 2 is 12."""

import unittest

import warp as wp


@wp.func
def energy(x: float):
    return x * x * x


@wp.func
def force(x: float):
    return wp.grad(energy)(x)


@wp.func
def pull(x: float):
    return -force(x)


@wp.kernel(enable_backward=False)
def pulled(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    out[0] = pull(a[0])


class TestFinding(unittest.TestCase):
    def test_forward(self):
        a = wp.array([2.0], dtype=float, device="cpu")
        out = wp.zeros(1, dtype=float, device="cpu")
        wp.launch(pulled, dim=1, inputs=[a], outputs=[out], device="cpu")
        self.assertEqual(out.numpy()[0], -12.0)


if __name__ == "__main__":
    unittest.main()
