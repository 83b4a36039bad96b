"""Bounds without probes, of operations that are polynomials in their operands' components, and of a few made of them.

Let ``p`` be such a polynomial and ``P`` the one with the absolute values of its coefficients: its *majorant*. With
operands off by up to ``e``, ``p`` is off by at most ``P(|x| + e) - P(|x|)``, since every derivative of ``p`` is bounded
by that of ``P`` (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1 and 5.1: the running error of sums
of products, there for rounding errors). What probes find in any direction, and in the corners too, is within it. The
``inner`` units of a rule are added to ``e`` here as they are there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.meanings import DTYPES, Meaning
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import EPSILON, INF, TINY, Box, exact, note
from warpsmith.synthesizer.reference.values.overflow import unsettled
from warpsmith.synthesizer.reference.values.probing import OVERFLOWS, Probed
from warpsmith.synthesizer.reference.values.rounding import Rule

Majorant: TypeAlias = Callable[..., Any]
"""Sizes of the operands, as float64, to that of the result."""

_WORKING = 8 * 2.0**-53
"""The rounding of the bounds themselves, relative to the sizes: they are computed in float64."""

_VANISHING = 32.0
"""How many of a type's smallest steps what vanishes between may come to."""


def closed(
    name: str, f: Meaning, operands: tuple[Value, ...], result: Value, by: Rule, probed: Probed
) -> Callable[..., Box] | None:
    """The operation with a bound that a formula gives, if there is one for it; ``probed`` finds what it does not cover.

    NumPy's warnings are not silenced.

    Args:
        name: of the builtin.
        f: its meaning.
        operands: their types.
        result: its type.
        by: how it rounds.
        probed: the operation, probed.
    """
    if (
        not operands
        or by.normwise
        or by.least
        or not all(types.kind(types.scalar(t)) == "float" for t in (*operands, result))
    ):
        return None
    if name in _MOVING:
        return _moved(f, operands, result)
    spread = _spread(name, operands)
    if spread is None:
        return None
    part = types.scalar(result)
    relative, least, most = (
        by.outer * EPSILON[part],
        (by.outer + _VANISHING) * TINY[part],
        float(np.finfo(DTYPES[part]).max),
    )
    inner = [by.inner * EPSILON[types.scalar(t)] for t in operands]
    many = by.degree > 2  # a product overflows before the last factor, which may be zero

    def run(*boxes: Box) -> Box:
        xs = [b.value for b in boxes]
        value = f(*xs)
        sizes = [abs(x.astype(np.float64)) for x in xs]
        size = abs(value.astype(np.float64))
        moves = [b.error + amount * s for b, amount, s in zip(boxes, inner, sizes, strict=True)]
        error = spread(xs, sizes, moves, size)
        if error is None or not math.isfinite(size.sum()):
            return unsettled(probed(*boxes), boxes, by)[0]
        error = error + (size * relative + least)
        inside = size + error < most  # not where the error is infinite or NaN
        if not inside.all():
            note(OVERFLOWS)
            error = np.where(inside, error, INF)
        box = Box(result, value, error if error.ndim else float(error))
        return unsettled((box,), boxes, by)[0] if many else box

    return run


_Spread: TypeAlias = Callable[[Sequence[Any], Sequence[Any], Sequence[Any], Any], Any]
"""Values, sizes, errors and the result's size to the error; ``None`` where there is no saying."""


def _spread(name: str, operands: tuple[Value, ...]) -> _Spread | None:
    part = types.scalar(operands[0])
    if name in ("length", "norm_l2", "normalize"):
        return _measured(part, name == "normalize")
    if name == "lerp":
        return _between
    majorant = _product(operands) if name == "mul" else MAJORANTS.get(name)
    return None if majorant is None else _polynomial(majorant)


def _polynomial(majorant: Majorant) -> _Spread:
    def spread(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
        high = majorant(*[s + m for s, m in zip(sizes, moves, strict=True)])
        return high - majorant(*sizes) + _WORKING * high

    return spread


def _measured(part: Value, direction: bool) -> _Spread:
    """The length of a vector, which changes by no more than the vector does, or its direction ``y = x / |x|``.

    Where x is off by e, y is off by ``(e + |y| |e|) / (|x| - |e|)``. Squares that may overflow or vanish are left out.
    """
    low, high = 4 * math.sqrt(TINY[part] / EPSILON[part]), math.sqrt(float(np.finfo(DTYPES[part]).max)) / 4

    def spread(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
        (s,), (e,) = sizes, moves
        norm, off = math.sqrt(np.vdot(s, s)), math.sqrt(np.vdot(e, e))
        if not low < norm < high - off:
            return None
        if not direction:
            return size * _WORKING + off
        return (e + size * off) / (norm - off) * (1 + _WORKING) if off < norm - low else None

    return spread


def _between(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
    """``a (1 - t) + b t``, which is linear in each operand."""
    a, b, t = (x.astype(np.float64) for x in xs)
    off_a, off_b, off_t = moves
    return off_a * abs(1 - t) + off_b * abs(t) + off_t * (abs(b - a) + off_a + off_b) + _WORKING * (sizes[0] + sizes[1])


def _permanent(rows: list[list[float]]) -> float:
    """The determinant without its signs."""
    first = rows[0]
    if len(first) == 1:
        return first[0]
    if len(first) == 2:
        return first[0] * rows[1][1] + first[1] * rows[1][0]
    if len(first) == 3:
        (a, b, c), (d, e, f), (g, h, i) = rows
        return a * (e * i + f * h) + b * (d * i + f * g) + c * (d * h + e * g)
    return sum(x * _permanent([r[:j] + r[j + 1 :] for r in rows[1:]]) for j, x in enumerate(first))


# --- majorants -------------------------------------------------------------------------------------------------------


def _product(operands: tuple[Value, ...]) -> Majorant | None:
    if not all(map(types.shape, operands)):
        return None
    return {"quat": _quaternions, "transform": _transforms}.get(types.kind(operands[0]), np.matmul)


_HAMILTON = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2], [0, 1, 2, 3]])
"""Which component of b meets the components of a, in each component of their product."""


def _quaternions(a: Any, b: Any) -> Any:
    return b[_HAMILTON] @ a


def _cross(a: Any, b: Any) -> Any:
    (p, q, r), (x, y, z) = a.tolist(), b.tolist()
    return np.array([q * z + r * y, r * x + p * z, p * y + q * x])


def _rotated(q: Any, v: Any) -> Any:
    """``(2 w² - 1) v + 2 (u·v) u + 2 w u x v``."""
    u, w = q[:3], float(q[3])
    return v * (2 * w * w + 1) + u * (2 * float(u.dot(v))) + _cross(u, v) * (2 * w)


def _transforms(a: Any, b: Any) -> Any:
    return np.concatenate((_rotated(a[3:], b[:3]) + a[:3], _quaternions(a[3:], b[3:])))


def _affine(w: float) -> Majorant:
    def majorant(t: Any, x: Any) -> Any:
        if t.ndim == 2:
            return t[:3, :3] @ x + w * t[:3, 3]
        return _rotated(t[3:], x) + w * t[:3]

    return majorant


def _motion(a: Any, b: Any) -> Any:
    return np.concatenate((_cross(a[:3], b[:3]), _cross(a[3:], b[:3]) + _cross(a[:3], b[3:])))


def _force(a: Any, b: Any) -> Any:
    return np.concatenate((_cross(a[:3], b[:3]) + _cross(a[3:], b[3:]), _cross(a[:3], b[3:])))


# --- moved about -----------------------------------------------------------------------------------------------------

_MOVING = frozenset(
    (
        *(
            "neg",
            "pos",
            "transpose",
            "skew",
            "diag",
            "get_diag",
            "quat_inverse",
            "matrix_from_rows",
            "matrix_from_cols",
        ),
        *("transform_get_translation", "transform_get_rotation", "transform_set_translation", "transform_set_rotation"),
        *("spatial_top", "spatial_bottom", "spatial_adjoint", "spatial_vector"),
    )
)
"""Operations that put components in other places, or change their signs: errors go where they go."""


def _moved(f: Meaning, operands: tuple[Value, ...], result: Value) -> Callable[..., Box]:
    shapes = [types.shape(t) for t in operands]
    extent = types.shape(result)

    def run(*boxes: Box) -> Box:
        value = f(*[b.value for b in boxes])
        if all(map(exact, boxes)):
            return Box(result, value)
        if not extent:
            return Box(result, value, boxes[0].error)
        error = abs(f(*[np.broadcast_to(np.float64(b.error), s)[()] for b, s in zip(boxes, shapes, strict=True)]))
        return Box(result, value, error)

    return run


MAJORANTS: dict[str, Majorant] = {
    **dict.fromkeys(("dot", "ddot", "spatial_dot"), np.vdot),
    "length_sq": lambda a: np.vdot(a, a),
    "norm_l1": np.sum,
    "trace": np.trace,
    "cross": _cross,
    "determinant": lambda m: np.float64(_permanent(m.tolist())),
    **dict.fromkeys(("quat_rotate", "quat_rotate_inv"), _rotated),
    "transform_multiply": _transforms,
    "transform_inverse": lambda t: np.concatenate((_rotated(t[3:], t[:3]), t[3:])),
    "transform_point": _affine(1.0),
    "transform_vector": _affine(0.0),
    "spatial_cross": _motion,
    "spatial_cross_dual": _force,
}
"""By builtin; products, whose kinds differ, are found by :func:`_product`."""
