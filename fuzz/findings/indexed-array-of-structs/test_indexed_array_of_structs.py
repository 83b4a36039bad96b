"""The elements of an indexed array may be structs, as those of any array. The kernel reads a field of each."""

import unittest

import numpy as np
import warp as wp


@wp.struct
class Particle:
    mass: wp.float32


@wp.kernel
def masses(particles: wp.indexedarray(dtype=Particle), y: wp.array(dtype=float)):
    i = wp.tid()
    y[i] = particles[i].mass


class TestFinding(unittest.TestCase):
    def test_a_field_of_each_element(self):
        data = np.array([(1.0,), (2.0,), (3.0,)], dtype=Particle.numpy_dtype())
        base = wp.array(data, dtype=Particle, device="cpu")
        particles = wp.indexedarray(base, [wp.array([2, 0], dtype=int, device="cpu")])
        y = wp.zeros(2, dtype=float, device="cpu")
        wp.launch(masses, dim=2, inputs=[particles, y], device="cpu")
        self.assertEqual(y.numpy().tolist(), [3.0, 1.0])


if __name__ == "__main__":
    unittest.main()
