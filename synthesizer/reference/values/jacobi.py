"""Whether a fixed number of Jacobi sweeps finds the singular values of a 3x3 matrix, as ``svd3`` goes about it.

Documented: "It currently uses a fixed number of Jacobi iterations rather than a convergence tolerance." The method is
that of McAdams, Selle, Tamstorf, Teran and Sifakis, "Computing the Singular Value Decomposition of 3x3 matrices with
minimal branching and elementary floating point operations", 2011: the eigenvectors of ``transpose(A) A``, by rotations
about an approximate angle, and then a QR factorisation. What is left above the diagonal is what the result lacks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

UNCONVERGED = "singular values that a fixed number of iterations does not find"

_SWEEPS = {np.dtype(np.float64): 8}
"""By type; four for all others."""
_NEARLY = 16.0
"""Units in the last place of the largest singular value that may be left: what rounding costs in any case."""
_STEEP = 3.0 + math.sqrt(8.0)
"""Beyond, the approximate rotation would be by more than an eighth of a turn, and an eighth is taken."""


def unconverged(a: Any) -> str:
    """Why little is known of the singular values of a finite 3x3 matrix, or ``""``."""
    size = float(np.abs(a).max())
    if not size:
        return ""
    scaled = a.astype(np.float64) / size
    symmetric, vectors = scaled.T @ scaled, np.eye(3)
    for _ in range(_SWEEPS.get(a.dtype, 4)):
        for p, q in ((0, 1), (1, 2), (2, 0)):
            turn = _rotation(symmetric, p, q)
            symmetric, vectors = turn.T @ symmetric @ turn, vectors @ turn
    columns = scaled @ vectors
    longest = np.argsort(-np.linalg.norm(columns, axis=0))
    rest = np.triu(np.linalg.qr(columns[:, longest])[1], 1)
    near = _NEARLY * float(np.finfo(a.dtype).eps) * float(np.linalg.norm(scaled, 2))
    return UNCONVERGED if np.abs(rest).max() > near else ""


def _rotation(symmetric: Any, p: int, q: int) -> Any:
    """The rotation in the plane of two axes that about removes the entry between them."""
    cosine, sine = 2.0 * (symmetric[p, p] - symmetric[q, q]), symmetric[p, q]
    if _STEEP * sine**2 < cosine**2:
        length = math.hypot(cosine, sine)
        cosine, sine = cosine / length, sine / length
    else:
        cosine, sine = math.cos(math.pi / 8), math.sin(math.pi / 8)
    turn = np.eye(3)
    turn[p, p] = turn[q, q] = cosine**2 - sine**2
    turn[q, p] = 2.0 * sine * cosine
    turn[p, q] = -turn[q, p]
    return turn
