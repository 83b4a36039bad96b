"""Factorisations of 2 x 2 and 3 x 3 matrices, computed in float64 and rounded once.

Warp documents the factors only up to signs, order and, where values repeat, a basis. ``qr3`` and ``svd2`` are computed
from their definitions, with Warp's choice of signs; ``svd3`` and ``eig3`` follow the algorithm that makes the choice:
McAdams, Selle, Tamstorf, Teran & Sifakis, "Computing the Singular Value Decomposition of 3x3 matrices with minimal
branching and elementary floating point operations" (2011), with a fixed number of Jacobi sweeps.

Derivatives follow from differentiating the defining equations, where the change of a rotation ``R`` is ``R W`` for an
antisymmetric ``W``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar.operations.derivative import Gradients, Kink, OperationStep, Rule, adjoints, near
from warpsmith.grammar.operations.matrix import CLOSE
from warpsmith.grammar.operations.operation import Operation, settled_if_finite
from warpsmith.grammar.operations.rounding import Bounded, Rounding, half
from warpsmith.grammar.operations.values import dtype_of
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------

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


# --- what is unsettled -----------------------------------------------------------------------------------------------


_NEARLY = 16.0
"""Units in the last place of the largest singular value that may be left: what rounding costs in any case."""


def unconverged(a: Any) -> str:
    """Why little is known of the singular values of a finite 3x3 matrix, or ``""``.

    Documented: "It currently uses a fixed number of Jacobi iterations rather than a convergence tolerance." What is
    left above the diagonal is what the result lacks.
    """
    size = float(np.abs(a).max())
    if not size:
        return ""
    scaled = a.astype(np.float64) / size
    columns = scaled @ _eigenvectors(scaled.T @ scaled, _sweeps(a))
    longest = np.argsort(-np.linalg.norm(columns, axis=0))
    rest = np.triu(np.linalg.qr(columns[:, longest])[1], 1)
    left = _NEARLY * float(np.finfo(a.dtype).eps) * float(np.linalg.norm(scaled, 2))
    return "singular values that a fixed number of iterations does not find" if np.abs(rest).max() > left else ""


def _unconverged(boxes: Sequence[Bounded]) -> str:
    return settled_if_finite(boxes) or unconverged(boxes[0].value)


def _asymmetric(boxes: Sequence[Bounded]) -> str:
    a = boxes[0].value
    symmetric = np.array_equal(a, a.T, equal_nan=True)
    return settled_if_finite(boxes) or ("" if symmetric else "eigenvectors of a matrix that is not symmetric")


def _ambiguous(name: str, boxes: Sequence[Bounded], found: Sequence[Bounded]) -> tuple[str, Sequence[Any]]:
    apart = ambiguity(name, boxes[0].value, boxes[0].error)
    return "factors that may be any", [np.full(np.shape(b.value), apart) if apart else 0.0 for b in found]


def ambiguity(name: str, a: Any, error: Any) -> float:
    """How far two factorisations of a matrix with that error bound may be apart; 0 where there is one alone.

    Vectors of equal singular values may be turned, and of what is zero they may be any. All are finite. No singular
    value moves by more than the norm of what is added to the matrix (Weyl).
    """
    if not np.isfinite(a).all() or not np.isfinite(error).all():
        return 0.0
    scale = float(np.abs(a.astype(np.float64)).max()) or 1.0
    a64 = a.astype(np.float64) / scale  # so that no sum overflows
    if name == "eig3":
        values = np.sort(np.linalg.eigvalsh((a64 + a64.T) / 2))[::-1]
    else:
        values = np.linalg.svd(a64, compute_uv=False)
    size = float(np.abs(values).max())
    apart = values[:-1] - values[1:]
    gaps = {"qr3": values[-1:], "eig3": apart}.get(name, np.append(apart, values[1]))
    off = float(np.linalg.norm(np.broadcast_to(np.asarray(error) / scale, a.shape)))
    close = CLOSE * float(np.finfo(a.dtype).eps) * size + 2.0 * off
    return 2.0 * max(1.0, (size + off) * scale) if min(gaps) <= close else 0.0


# --- derivatives -----------------------------------------------------------------------------------------------------


def _gaps(values: Any, eps: float, what: str) -> Any:
    """``1 / (values[j] - values[i])``, 0 on the diagonal."""
    n = len(values)
    gaps = values[None, :] - values[:, None] + np.eye(n)
    if not (np.abs(gaps) > eps * np.abs(values).max()).all():
        raise Kink(f"{what} with values that repeat")
    return 1 / gaps - np.eye(n)


def _eigen_rule(operands: tuple[Value, ...]) -> Rule:
    """``S = V diag(w) V'``; the meaning reads the lower triangle alone."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        (v, w), (of_v, of_w) = step.result, adjoints(step, g)
        s = v @ (np.diag(of_w) + _gaps(w, eps, "eig3") * (v.T @ of_v)) @ v.T
        return (np.tril(s, -1) + np.tril(s.T),)

    return rule


def _singular_rule(name: str, operands: tuple[Value, ...]) -> Rule:
    """``A = U diag(s) V'``, ``dU = U X``, ``dV = V Y``: of ``U' dA V`` the diagonal is ``ds``, the rest gives X, Y."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        u, s, v = step.result
        of_u, of_s, of_v = adjoints(step, g)
        x, y = u.T @ of_u, v.T @ of_v
        gaps = _gaps(s * s, eps, name)
        if name == "svd2":  # its second value is never negative, and its signs depend on the difference of two entries
            square = step.operands[0].T @ step.operands[0]
            if not min(s[1] / s[0], abs(square[0, 0] - square[1, 1]) / s[0] ** 2) > eps:
                raise Kink("svd2 at a change of signs")
        return (u @ (np.diag(of_s) + gaps * ((x - x.T) * s + s[:, None] * (y - y.T))) @ v.T,)

    return rule


def _orthogonal_rule(operands: tuple[Value, ...]) -> Rule:
    """``A = Q R``: ``dQ = Q W``, where W has the strict lower triangle of ``C = Q' dA R^-1``; ``dR = (C - W) R``."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        (q, r), (of_q, of_r) = step.result, adjoints(step, g)
        if not np.abs(np.diag(r)).min() > eps * np.abs(r).max():
            raise Kink("qr3 of a singular matrix")
        k = of_r @ r.T
        w = q.T @ of_q - k
        return (q @ np.linalg.solve(r, (np.tril(w - w.T, -1) + k).T).T,)

    return rule


# --- records ---------------------------------------------------------------------------------------------------------

_ROTATIONS = Rounding(outer=16.0, inner=32.0, normwise=True, degree=4)
"""30 to 100 rotations of the whole matrix."""

_OF_SQUARE = Rounding(outer=16.0, inner=128.0, normwise=True, degree=4)
"""Vectors that come from the square of the matrix."""


def _factorisation(name: str, meaning: Any, derivative: Any, **more: Any) -> Operation:
    """A sequence of rotations of the whole matrix, each of which rounds."""
    given: dict[str, Any] = {"unsettled": settled_if_finite, "rounding": _ROTATIONS} | more
    return Operation(
        name,
        meaning,
        excess=partial(_ambiguous, name),
        derivative=derivative,
        steep=True,
        cancels=True,
        units=32.0,
        **given,
    )


DECOMPOSITION = (
    _factorisation("qr3", qr3, _orthogonal_rule),
    _factorisation("svd2", svd2, partial(_singular_rule, "svd2")),
    _factorisation(
        "svd3",
        svd3,
        partial(_singular_rule, "svd3"),
        unsettled=_unconverged,
        # half precision has so few digits that the difference is none
        rounding=lambda operands: _ROTATIONS if half(operands) else _OF_SQUARE,
    ),
    _factorisation("eig3", eig3, _eigen_rule, unsettled=_asymmetric, symmetric=True),  # "of a symmetric 3x3 matrix"
)
