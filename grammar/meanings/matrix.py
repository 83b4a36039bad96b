"""Matrices: products, determinants and inverses by cofactors, in the operands' own precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.meanings.values import Meaning, dtype_of, sequential_sum


def matmul(a: Any, b: Any) -> Any:
    """Matrix times matrix, matrix times column vector, or row vector times matrix, summed in storage order."""
    if np.ndim(a) == 1:
        return sequential_sum(a[:, None] * b)
    if np.ndim(b) == 1:
        return sequential_sum(a.T * b[:, None])
    return sequential_sum(a.T[:, :, None] * b[:, None, :])


def minor(rows: list[list[Any]], i: int, j: int) -> list[list[Any]]:
    """A matrix without row ``i`` and column ``j``."""
    return [row[:j] + row[j + 1 :] for row in rows[:i] + rows[i + 1 :]]


def laplace(rows: list[list[Any]]) -> Any:
    """Laplace's expansion along the first row."""
    first = rows[0]
    if len(first) == 1:
        return first[0]
    if len(first) == 2:
        return first[0] * rows[1][1] + -first[1] * rows[1][0]
    if len(first) == 3:
        (a, b, c), (d, e, f), (g, h, i) = rows
        return a * (e * i + -f * h) + -b * (d * i + -f * g) + c * (d * h + -e * g)
    return sequential_sum([(x if j % 2 == 0 else -x) * laplace(minor(rows, 0, j)) for j, x in enumerate(first)])


def determinant(m: Any) -> Any:
    """The determinant, in the precision of the components."""
    return laplace(list(map(list, m)))


def inverse(m: Any) -> Any:
    """The adjugate over the determinant (Cramer's rule); the zero matrix where the determinant is 0.

    A 4 x 4 matrix goes through float64, as Warp's does: its halves would overflow otherwise.
    """
    kind = dtype_of(m)
    if len(m) == 4:
        m = m.astype(np.float64)
    det = determinant(m)
    if det == 0:
        return np.zeros_like(m, kind)
    n, rows = range(len(m)), list(map(list, m))
    cofactors = np.array([[(1 if (i + j) % 2 == 0 else -1) * laplace(minor(rows, j, i)) for j in n] for i in n])
    return (cofactors.astype(m.dtype) * (m.dtype.type(1) / det)).astype(kind)


def skew(v: Any) -> Any:
    """The matrix S with ``S x = cross(v, x)``."""
    o = dtype_of(v)(0)
    return np.array([[o, -v[2], v[1]], [v[2], o, -v[0]], [-v[1], v[0], o]], dtype_of(v))


def wide_determinant(m: Any) -> Any:
    """:func:`determinant`; of 4 x 4 matrices in float64, rounded once."""
    return dtype_of(m)(determinant(m.astype(np.float64))) if len(m) == 4 else determinant(m)


MATRIX: dict[str, Meaning] = {
    "skew": skew,
    "transpose": lambda a: a.T.copy(),
    "inverse": inverse,
    "inverse_approx": inverse,  # exact on the CPU
    "determinant": wide_determinant,
    "trace": lambda a: sequential_sum(np.diag(a)),
    "diag": lambda vec: np.diag(vec),
    "get_diag": lambda mat: np.diag(mat).copy(),
}
"""Meanings of the matrix builtins, by name."""
