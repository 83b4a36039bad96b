"""An exact solution that the discrete spaces hold."""

from __future__ import annotations

import numpy as np

from warpsmith.fem.poisson.data import Array
from warpsmith.fem.poisson.manufactured import Exact


def power_of_plane(degree: int) -> Exact:
    """(1 + Σ cᵢ xᵢ)^p: in the space of every element of degree p, on affine and on multilinear cells."""

    def plane(x: Array, order: int) -> Array:
        slopes = np.arange(1, len(x) + 1) / 4
        falling = float(np.prod([degree - k for k in range(order)]))
        return np.asarray(falling * (1 + slopes @ x) ** max(degree - order, 0))

    def slopes(x: Array) -> Array:
        return np.arange(1, len(x) + 1) / 4

    return Exact(
        lambda x: plane(x, 0),
        lambda x: slopes(x)[:, None] * plane(x, 1),
        lambda x: np.outer(slopes(x), slopes(x))[:, :, None] * plane(x, 2),
    )
