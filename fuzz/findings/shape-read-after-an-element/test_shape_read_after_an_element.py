"""The gradient by the last element of an array is 1, whether or not its shape is read after the element."""

import unittest

import warp as wp


@wp.kernel
def last(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    y[0] = x[-1]
    y[1] = float(x.shape[0])


class TestFinding(unittest.TestCase):
    def test_gradient(self):
        whole = wp.ones(4, dtype=float, device="cpu", requires_grad=True)
        x = whole[2:]  # what is before it belongs to it, too
        y = wp.zeros(2, dtype=float, device="cpu", requires_grad=True)
        with wp.Tape() as tape:
            wp.launch(last, dim=1, inputs=[x, y], device="cpu")
        tape.backward(grads={y: wp.ones(2, dtype=float, device="cpu")})
        self.assertEqual(x.grad.numpy().tolist(), [0.0, 1.0], "the gradient is elsewhere")


if __name__ == "__main__":
    unittest.main()
