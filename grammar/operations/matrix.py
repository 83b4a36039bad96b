"""Matrices: products, determinants and inverses by cofactors, in the operands' own precision.

Derivatives: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008). What rounding costs determinants and inverses, which Warp's documentation leaves open how to compute, by
cofactors: a cofactor is a sum of products; each is rounded by a few units of its own size, however much of it cancels
in the sum. So the sum of their absolute values bounds the error (Higham, "Accuracy and Stability of Numerical
Algorithms", 2002, 3.1 and 14.6.1): the permanent of the absolute values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.bounds import polynomial
from warpsmith.grammar.operations.derivative import Gradients, Kink, OperationStep, Rule, near, untyped, vee
from warpsmith.grammar.operations.operation import Operation, Slope, rearranging, settled_if_finite
from warpsmith.grammar.operations.rounding import FORMULA, Bounded, Rounding, of_square
from warpsmith.grammar.operations.values import dtype_of, sequential_sum
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


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


# --- errors ----------------------------------------------------------------------------------------------------------


_UNITS = 4.0
"""Roundings in a product and in the sum of products that it is a term of, of a matrix of four rows, in units of 1/2."""


_CANCELS = "a sum of products that may cancel altogether"


def _determinant_error(a: Any) -> Any:
    return _bound(_whole_error(a))


def _inverse_error(a: Any, result: Any) -> Any:
    size, unit, whole = np.abs(a.astype(np.float64)), _unit(a), _whole_error(a)
    det = abs(float(np.linalg.det(a.astype(np.float64)))) if np.isfinite(size).all() else 0.0
    if not whole:
        return np.zeros(a.shape)
    if not whole < det:
        return np.full(a.shape, math.inf)
    rows = range(len(a))
    parts = np.array([[_permanent(np.delete(np.delete(size, j, 0), i, 1)) for j in rows] for i in rows])
    return _bound((unit * parts + np.abs(result.astype(np.float64)) * whole) / (det - whole))


def _unit(a: Any) -> float:
    return _UNITS * float(np.finfo(a.dtype).eps)


def _whole_error(a: Any) -> float:
    """How far rounding may take the determinant of a matrix that is exact."""
    size = np.abs(a.astype(np.float64))
    whole = _unit(a) * _permanent(size)
    return whole + _underflow(a.dtype, size) if whole else whole


def _permanent(a: Any) -> float:
    rows = range(len(a))
    return float(sum(np.prod(a[rows, list(order)]) for order in permutations(rows)))


def _underflow(part: Any, size: Any) -> float:
    """What is lost where a product of two entries is below the normal numbers, and what multiplies it is large."""
    others = np.sort(np.maximum(size, 1.0).ravel())[::-1][: len(size) - 2]
    return math.factorial(len(size)) * float(np.finfo(part).smallest_subnormal) * float(np.prod(others))


def _bound(error: Any) -> Any:
    return np.where(np.isnan(error), math.inf, error)[()]


CLOSE = 32.0
"""Units in the last place of the largest singular value that two may be apart and count as one."""


def may_be_singular(a: Any, error: Any) -> str:
    """Why nothing is known of the inverse of a matrix with that error bound, or ``""``: probes see a few directions."""
    if not np.isfinite(a).all():
        return ""
    values = np.linalg.svd(a.astype(np.float64), compute_uv=False)
    off = float(np.linalg.norm(np.broadcast_to(error, a.shape)))
    if not off and not np.linalg.det(a.astype(np.float64)):
        return ""
    limits = np.finfo(a.dtype)
    near = 4.0 * off + CLOSE * float(limits.eps) * values[0]
    # The determinant is a sum of products that may vanish one by one.
    vanishes = np.prod(values) < float(limits.tiny) / float(limits.eps)
    return "the inverse of a matrix that may be singular" if vanishes or not values[-1] > near else ""


def _nearly_singular(boxes: Sequence[Bounded]) -> str:
    return settled_if_finite(boxes) or may_be_singular(boxes[0].value, boxes[0].error)


# --- derivatives -----------------------------------------------------------------------------------------------------


def product_rule_of_matrices(operands: tuple[Value, ...]) -> Rule:
    """Of :func:`matmul`."""
    ranks = len(types.shape(operands[0])), len(types.shape(operands[1]))
    return {(2, 2): _matrices, (2, 1): _matrix_vector, (1, 2): _vector_matrix}[ranks]


def _matrices(step: OperationStep, g: Any) -> Gradients:
    a, b = step.operands
    return g @ b.T, a.T @ g


def _matrix_vector(step: OperationStep, g: Any) -> Gradients:
    a, b = step.operands
    return g[:, None] * b, g @ a


def _vector_matrix(step: OperationStep, g: Any) -> Gradients:
    a, b = step.operands
    return b @ g, a[:, None] * g


def _cofactors(m: Any) -> Any:
    """The derivative of the determinant, of singular matrices too."""
    n = len(m)
    keep = np.array([[j for j in range(n) if j != i] for i in range(n)])
    minors = np.linalg.det(m[keep[:, None, :, None], keep[None, :, None, :]])
    return minors * (-1.0) ** np.add.outer(range(n), range(n))


def _rounded_cofactors(operands: Sequence[Any], results: Sequence[Any]) -> float:
    """How large the products of a cofactor may be, beside the operand or the result, whichever is larger.

    Each cofactor is rounded by itself, so that together they are those of no matrix that is near.
    """
    (m,), (det,) = operands, results
    if len(m) < 3 or not np.any(m):  # the entries themselves
        return 0.0
    rows = np.sort(np.max(np.abs(m), axis=1).astype(np.float64))
    return float(rows[-1] * np.prod(rows[1:]) / max(rows[-1], abs(float(det))))


def _inverse_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        m, y = step.operands[0], step.result
        if not (np.any(y) and np.abs(m).max() * np.abs(y).max() < 1 / eps):
            raise Kink("inverse of a singular matrix")
        return (-y.T @ g @ y.T,)

    return rule


# --- records ---------------------------------------------------------------------------------------------------------


def _inverting(name: str) -> Operation:
    """Sums of cofactors, which are products of all other entries."""
    return Operation(
        name,
        inverse,
        unsettled=_nearly_singular,
        rounding=of_square(Rounding(outer=4.0, inner=8.0, normwise=True)),
        excess=lambda boxes, found: (_CANCELS, [_inverse_error(boxes[0].value, found[0].value)]),
        derivative=_inverse_rule,
        steep=True,
    )


MATRIX = (
    rearranging("skew", skew, lambda step, g: (vee(g),)),
    rearranging("transpose", lambda a: a.T.copy(), lambda step, g: (g.T,)),
    rearranging("diag", lambda vec: np.diag(vec), lambda step, g: (g.diagonal(),)),
    rearranging("get_diag", lambda mat: np.diag(mat).copy(), lambda step, g: (np.diag(g),)),
    rearranging("matrix_from_rows", lambda *rows: np.stack(rows), lambda step, g: tuple(g)),
    rearranging("matrix_from_cols", lambda *columns: np.stack(columns, 1), lambda step, g: tuple(g.T)),
    Operation(
        "trace",
        lambda a: sequential_sum(np.diag(a)),
        spread=polynomial(np.trace),
        derivative=untyped(lambda step, g: (g * np.eye(len(step.operands[0])),)),
        slope=Slope.CONSTANT,
    ),
    Operation(
        "determinant",
        wide_determinant,
        unsettled=settled_if_finite,
        rounding=of_square(FORMULA),
        excess=lambda boxes, found: (_CANCELS, [_determinant_error(boxes[0].value)]),
        derivative=untyped(lambda step, g: (g * _cofactors(step.operands[0]),)),
        cancels=True,
        condition=_rounded_cofactors,
    ),
    _inverting("inverse"),
    _inverting("inverse_approx"),  # exact on the CPU
)
