"""What happens to an argument after a function was called with it does not matter to the function."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Point:
    x: float


@wp.func
def squared(p: Point):
    return p.x * p.x


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    p = Point()
    p.x = x[0]
    r = squared(p)
    p.x = 5.0
    y[0] = r


@wp.kernel
def noise_kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    state = wp.rand_init(1)
    y[0] = wp.noise(state, x[0])


@wp.kernel
def advanced_kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    state = wp.rand_init(1)
    y[0] = wp.noise(state, x[0])
    y[1] = wp.randf(state)


def gradient(kernel, at):
    x = wp.array([at], dtype=float, requires_grad=True, device="cpu")
    y = wp.zeros(2, dtype=float, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch(kernel, dim=1, inputs=[x, y], device="cpu")
    tape.backward(grads={y: wp.array(np.array([1.0, 0.0], np.float32), device="cpu")})
    return x.grad.numpy()[0]


class TestFinding(unittest.TestCase):
    def test_twice_two(self):
        self.assertEqual(gradient(kernel, 2.0), 4.0)

    def test_noise(self):
        self.assertEqual(gradient(advanced_kernel, 0.25), gradient(noise_kernel, 0.25))


if __name__ == "__main__":
    unittest.main()
