"""What rounding costs determinants and inverses, which Warp's documentation leaves open how to compute, by cofactors.

A cofactor is a sum of products; each is rounded by a few units of its own size, however much of it cancels in the sum.
So the sum of their absolute values bounds the error (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
SIAM 2002, sections 3.1 and 14.6.1): the permanent of the absolute values.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np

from warpsmith.synthesizer.reference.values.boxes import INF

NAMES = frozenset(("determinant", "inverse", "inverse_approx"))

_UNITS = 4.0
"""Roundings in a product and in the sum of products that it is a term of, of a matrix of four rows, in units of 1/2."""


def cofactor_error(name: str, a: Any, result: Any) -> Any:
    """How far rounding may take the builtin's result, in its shape, for operands that are exact."""
    size = np.abs(a.astype(np.float64))
    unit = _UNITS * float(np.finfo(a.dtype).eps)
    whole = unit * _permanent(size)
    if whole:
        whole += _underflow(a.dtype, size)
    if name == "determinant":
        return _bound(whole)
    det = abs(float(np.linalg.det(a.astype(np.float64)))) if np.isfinite(size).all() else 0.0
    if not whole:
        return np.zeros(a.shape)
    if not whole < det:
        return np.full(a.shape, INF)
    rows = range(len(a))
    parts = np.array([[_permanent(np.delete(np.delete(size, j, 0), i, 1)) for j in rows] for i in rows])
    return _bound((unit * parts + np.abs(result.astype(np.float64)) * whole) / (det - whole))


def _permanent(a: Any) -> float:
    rows = range(len(a))
    return float(sum(np.prod(a[rows, list(order)]) for order in permutations(rows)))


def _underflow(part: Any, size: Any) -> float:
    """What is lost where a product of two entries is below the normal numbers, and what multiplies it is large."""
    others = np.sort(np.maximum(size, 1.0).ravel())[::-1][: len(size) - 2]
    return math.factorial(len(size)) * float(np.finfo(part).smallest_subnormal) * float(np.prod(others))


def _bound(error: Any) -> Any:
    return np.where(np.isnan(error), INF, error)[()]
