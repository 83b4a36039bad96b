"""Factorisations of 2 x 2 and 3 x 3 matrices, computed in float64 and rounded once.

Warp documents the factors only up to signs, order and, where values repeat, a basis. ``qr3`` and ``svd2`` are computed
from their definitions, with Warp's choice of signs; ``svd3`` and ``eig3`` follow the algorithm that makes the choice:
McAdams, Selle, Tamstorf, Teran & Sifakis, "Computing the Singular Value Decomposition of 3x3 matrices with minimal
branching and elementary floating point operations" (2011), with a fixed number of Jacobi sweeps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from warpsmith.grammar.meanings.values import Meaning, dtype_of

_PAIRS = ((0, 1), (1, 2), (2, 0))
_LIMIT = math.sqrt(8) + 3  # where a rotation angle passes pi/4, the approximation is replaced by a fixed one
_FIXED = (math.cos(math.pi / 8), math.sin(math.pi / 8))


def _rotation(s: Any, p: int, q: int) -> Any:
    """The approximate Givens rotation that shrinks ``s[p, q]``, from the half angle's cosine and sine."""
    cos, sin = 2 * (s[p, p] - s[q, q]), s[p, q]
    norm = math.hypot(cos, sin)
    cos, sin = (cos / norm, sin / norm) if _LIMIT * sin * sin < cos * cos else _FIXED
    g = np.eye(3)
    g[p, p] = g[q, q] = cos * cos - sin * sin
    g[q, p] = 2 * sin * cos
    g[p, q] = -g[q, p]
    return g


def _eigenvectors(s: Any, sweeps: int) -> Any:
    """The rotation whose columns are eigenvectors of the symmetric ``s``."""
    v = np.eye(3)
    for p, q in _PAIRS * sweeps:
        g = _rotation(s, p, q)
        s, v = g.T @ s @ g, v @ g
    return v


def _sweeps(a: Any) -> int:
    return 8 if dtype_of(a) is np.float64 else 4


def _rounded(a: Any, *parts: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(p).astype(dtype_of(a)) for p in parts)


def _qr(a: Any) -> tuple[Any, Any]:
    """Q a rotation, R upper triangular, its first two diagonal entries not negative: unique for full rank."""
    q, r = np.linalg.qr(a)
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    signs[2] = signs[0] * signs[1] * np.linalg.det(q)
    return q * signs, r * signs[:, None]


def qr3(a: Any) -> Any:
    """``A = Q R``."""
    return _rounded(a, *_qr(a.astype(np.float64)))


def eig3(a: Any) -> Any:
    """Eigenvectors, as columns of a rotation, and eigenvalues of a symmetric matrix (its lower triangle)."""
    low = np.tril(a).astype(np.float64)
    s = low + np.tril(low, -1).T
    v = _eigenvectors(s, _sweeps(a))
    return _rounded(a, v, np.diag(v.T @ s @ v))


def svd3(a: Any) -> Any:
    """``A = U diag(s) V'``: rotations, and values falling in magnitude, the last with the determinant's sign."""
    m = a.astype(np.float64)
    v = _eigenvectors(m.T @ m, _sweeps(a))
    b = m @ v
    for i, j in ((0, 1), (0, 2), (1, 2)):
        if b[:, i] @ b[:, i] < b[:, j] @ b[:, j]:
            b[:, [i, j]] = np.stack([b[:, j], -b[:, i]], 1)
            v[:, [i, j]] = np.stack([v[:, j], -v[:, i]], 1)
    u, r = _qr(b)
    return _rounded(a, u, np.diag(r), v)


def svd2(a: Any) -> Any:
    """``A = U diag(s) V'``: values not negative and falling, V a rotation, U with the determinant's sign.

    V's first column is the eigenvector of A'A at the angle ``atan2(2 b, d) / 2`` (Blinn 1996), with ``d`` the
    difference of the diagonal and ``b`` the entry beside it; the sum of its components has the sign of ``d``.
    """
    m = a.astype(np.float64)
    square = m.T @ m
    d, b = square[0, 0] - square[1, 1], square[0, 1]
    det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    angle = math.atan2(2 * b, d) / 2
    x, y = math.cos(angle), math.sin(angle)
    if (x + y) * d < 0 or (d == 0 and x < y):
        x, y = -x, -y
    first = m @ (x, y)
    large = math.hypot(*first)
    ux, uy = first / large if large > 0 else (1.0, 0.0)
    sign = -1.0 if det < 0 else 1.0
    u, v = [[ux, -uy * sign], [uy, ux * sign]], [[x, -y], [y, x]]
    return _rounded(a, u, [large, abs(det) / large if large > 0 else 0.0], v)


DECOMPOSITION: dict[str, Meaning] = {"qr3": qr3, "eig3": eig3, "svd3": svd3, "svd2": svd2}
"""Meanings of the factorisations, by name."""
