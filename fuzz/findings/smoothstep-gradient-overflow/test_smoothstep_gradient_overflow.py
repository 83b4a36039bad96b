"""``smoothstep`` has a gradient by its edges, also where they are 16 apart in float16."""

import unittest

import numpy as np
import warp as wp


@wp.kernel
def kernel(edges: wp.array(dtype=wp.float16), y: wp.array(dtype=wp.float16)):
    y[0] = wp.smoothstep(edges[0], edges[1], wp.float16(0.0))


class TestFinding(unittest.TestCase):
    def test_edges_16_apart(self):
        edges = wp.array([-8.0, 8.0], dtype=wp.float16, requires_grad=True, device="cpu")
        y = wp.zeros(1, dtype=wp.float16, requires_grad=True, device="cpu")
        tape = wp.Tape()
        with tape:
            wp.launch(kernel, dim=1, inputs=[edges, y], device="cpu")
        y.grad.fill_(1.0)
        tape.backward()
        np.testing.assert_allclose(edges.grad.numpy(), [-0.046875, -0.046875], rtol=0.01)


if __name__ == "__main__":
    unittest.main()
