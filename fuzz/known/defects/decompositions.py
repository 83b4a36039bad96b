"""Decompositions of matrices of two and three rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.fuzz.known.known import BOTH, Known
from warpsmith.fuzz.known.trees import on_calls
from warpsmith.synthesizer.reference import On, Unknown

_NAN = Unknown.VALUE | Unknown.PATH
"""Of a value that may be NaN, which a backward pass spreads to where nothing flows."""


def _norm(a: Any) -> tuple[Any, Any, float]:
    """The matrix in float64, its largest entry, which may overflow in powers, and the spacing of its own type at 1."""
    return a.astype(np.float64), np.float64(np.abs(a).max()), float(np.finfo(a.dtype).eps)


def _conformal(a: Any) -> bool:
    """Whether the columns are orthogonal and of one length, as far as the type can tell."""
    a, size, eps = _norm(a)
    square = a.T @ a
    return bool(np.abs(square - square[0, 0] * np.eye(2)).max() <= 8 * eps * size**2)


def _singular(a: Any) -> bool:
    """Whether the smaller value is so much smaller that the root of a difference of squares has too few digits."""
    a = a.astype(np.float64)
    return bool(abs(np.linalg.det(a)) <= np.linalg.norm(a) ** 2 / 16)


def _columns_are_as_long(a: Any) -> bool:
    """Whether the difference of their squared lengths is so small beside their product that rounding counts."""
    a = a.astype(np.float64)
    square = a.T @ a
    return bool(abs(square[0, 0] - square[1, 1]) <= abs(square[0, 1]) / 8)


def _fourth_power_overflows(a: Any) -> bool:
    limits, size = np.finfo(a.dtype), float(np.linalg.norm(a.astype(np.float64)))
    least, most = float(limits.tiny) / float(limits.eps), float(limits.max) / 8
    return not least**0.25 < size < most**0.25


def _rotates_little(a: Any) -> bool:
    """Whether one of the pairs that the rotations of a QR factorisation take is near what float16 squares to zero.

    They are the first two entries of the first column, that column, and what is left of the second one.
    """
    a = a.astype(np.float64)
    diagonal = np.abs(np.diag(np.linalg.qr(a)[1])) if np.isfinite(a).all() else np.zeros(1)
    return bool(min(np.hypot(a[0, 0], a[1, 0]), diagonal.min()) < 2.0**-5)


def _poor_for_qr3(a: Any) -> bool:
    return a.dtype == np.float16 and _rotates_little(a)


def _poor_for_svd3(a: Any) -> bool:
    """The same for ``U S``, which ``svd3`` takes apart so."""
    if a.dtype != np.float16:
        return False
    u, s, _ = np.linalg.svd(np.nan_to_num(a.astype(np.float64)))
    return _rotates_little(u * s)


def _is_small(a: Any) -> bool:
    """Whether a singular value is so small that a rotation may be left out for it."""
    if not np.isfinite(a).all():
        return False
    least = float(np.linalg.svd(a.astype(np.float64), compute_uv=False)[-1])
    return least <= (4e-12 if a.dtype == np.float64 else 4e-6)


KNOWN = (
    Known("svd2-of-a-rotation", BOTH, on_calls(On("svd2", Unknown.VALUE, when=_conformal))),
    Known("svd2-of-a-singular-matrix", BOTH, on_calls(On("svd2", _NAN, when=_singular))),
    Known("svd2-of-equally-long-columns", BOTH, on_calls(On("svd2", Unknown.VALUE, when=_columns_are_as_long))),
    Known("svd2-overflow", BOTH, on_calls(On("svd2", _NAN, when=_fourth_power_overflows))),
    Known("svd3-overflow", BOTH, on_calls(On("svd3", _NAN, when=_fourth_power_overflows))),
    Known("qr3-of-halves", BOTH, on_calls(On("qr3", _NAN, when=_poor_for_qr3), On("svd3", _NAN, when=_poor_for_svd3))),
    Known("qr3-of-small-numbers", BOTH, on_calls(On("qr3", _NAN, when=_is_small), On("svd3", _NAN, when=_is_small))),
)
