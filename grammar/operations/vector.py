"""Vectors: Warp's "Vector Math" on vectors, and the norms of ``warp/_src/math.py``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations import derivative
from warpsmith.grammar.operations.bounds import WORKING, Majorant, Spread, polynomial
from warpsmith.grammar.operations.derivative import (
    SCALE,
    Gradients,
    Kink,
    OperationStep,
    Rule,
    near,
    of_direction,
    untyped,
)
from warpsmith.grammar.operations.operation import Operation, Slope
from warpsmith.grammar.operations.rounding import EPSILON, EXACT, TINY, Bounded, fused
from warpsmith.grammar.operations.values import DTYPES, cross, dot, dtype_of, is_float, widen
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def length(a: Any) -> Any:
    """The Euclidean norm; a square root of :func:`dot`, so it overflows where that does."""
    return np.sqrt(dot(a, a))


def normalize(a: Any) -> Any:
    """``a / length(a)``, or zero where the length is 0."""
    norm = length(a)
    return np.zeros_like(a) if norm == 0 else a / norm


def normalize_quaternion(q: Any) -> Any:
    """``q`` divided by its length; the identity, unlike for a vector, where the length is 0."""
    return np.array([0, 0, 0, 1], dtype_of(q)) if length(q) == 0 else normalize(q)


def extreme(a: Any, sign: int) -> Any:
    """Index of the first largest (``sign`` 1) or smallest (-1) component that is no NaN; 0 if all are."""
    best: int | None = None
    for i, x in enumerate(a):
        if not (is_float(a) and np.isnan(widen(x))) and (best is None or (x > a[best] if sign > 0 else x < a[best])):
            best = i
    return np.uint32(best or 0)


def huber(v: Any, delta: Any = None) -> Any:
    """``|v|² / 2`` within ``delta``, ``delta (|v| - delta / 2)`` beyond (Huber 1964)."""
    n = dtype_of(v)
    d, a = n(1) if delta is None else delta, dot(v, v)
    return n(0.5) * a if a <= d * d else d * (np.sqrt(a) - n(0.5) * d)


def pseudo_huber(v: Any, delta: Any = None) -> Any:
    """``delta sqrt(1 + |v|² / delta²)``: Warp's definition, which does not subtract ``delta``."""
    n = dtype_of(v)
    d = n(1) if delta is None else delta
    return d * np.sqrt(n(1) + dot(v, v) / (d * d))


# --- bounds ----------------------------------------------------------------------------------------------------------


def cross_of_sizes(a: Any, b: Any) -> Any:
    """The majorant of the cross product."""
    (p, q, r), (x, y, z) = a.tolist(), b.tolist()
    return np.array([q * z + r * y, r * x + p * z, p * y + q * x])


def _measured(direction: bool, operands: tuple[Value, ...]) -> Spread:
    """The length of a vector, which changes by no more than the vector does, or its direction ``y = x / |x|``.

    Where x is off by e, y is off by ``(e + |y| |e|) / (|x| - |e|)``. Squares that may overflow or vanish are left out.
    """
    part = types.scalar(operands[0])
    low, high = 4 * math.sqrt(TINY[part] / EPSILON[part]), math.sqrt(float(np.finfo(DTYPES[part]).max)) / 4

    def spread(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
        (s,), (e,) = sizes, moves
        norm, off = math.sqrt(np.vdot(s, s)), math.sqrt(np.vdot(e, e))
        if not low < norm < high - off:
            return None
        if not direction:
            return size * WORKING + off
        return (e + size * off) / (norm - off) * (1 + WORKING) if off < norm - low else None

    return spread


def _turns_about(boxes: Sequence[Bounded]) -> bool:
    """Of a direction: whether so much of the operand is its error that it may point nearly anywhere."""
    (x,) = boxes
    off = float(np.linalg.norm(np.broadcast_to(x.error, np.shape(x.value))))
    return off > 0.0 and not off < float(np.linalg.norm(np.asarray(x.value, np.float64))) / 4


# --- derivatives -----------------------------------------------------------------------------------------------------


def _length_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        norm = float(step.result)
        if not norm > eps:
            raise Kink("the length of nothing")
        return (step.operands[0] * (g / norm),)

    return rule


def _normalize_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        a = step.operands[0]
        if not math.sqrt(a.dot(a)) > eps:
            raise Kink("normalize of nothing")
        return (of_direction(a, g),)

    return rule


def _norm_l1_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        v = step.operands[0]
        if not (np.abs(v) > eps).all():
            raise Kink("norm_l1 with a component at 0")
        return (g * np.sign(v),)

    return rule


# --- records ---------------------------------------------------------------------------------------------------------


def bilinear(name: str, meaning: Any, rule: Rule, majorant: Majorant, **more: Any) -> Operation:
    """Sums of products of the components of two operands."""
    spread, derivative = polynomial(majorant), untyped(rule)
    return Operation(name, meaning, spread=spread, derivative=derivative, slope=Slope.PRODUCT, **more)


def scalar_product(name: str) -> Operation:
    """The sum of the products of all components."""
    return bilinear(name, dot, SCALE, np.vdot)


def _norm(name: str) -> Operation:
    return Operation(name, length, spread=partial(_measured, False), derivative=_length_rule, steep=True)


VECTOR = (
    scalar_product("dot"),
    scalar_product("ddot"),
    Operation("argmin", lambda a: extreme(a, -1), rounding=EXACT),
    Operation("argmax", lambda a: extreme(a, 1), rounding=EXACT),
    Operation(
        "outer",
        lambda a, b: a[:, None] * b[None, :],
        rounding=fused,
        derivative=untyped(lambda step, g: (g @ step.operands[1], step.operands[0] @ g)),
        slope=Slope.PRODUCT,
    ),
    bilinear(
        "cross",
        cross,
        lambda step, g: (derivative.cross(step.operands[1], g), derivative.cross(g, step.operands[0])),
        cross_of_sizes,
    ),
    _norm("length"),
    _norm("norm_l2"),
    Operation(
        "length_sq",
        lambda a: dot(a, a),
        spread=polynomial(lambda a: np.vdot(a, a)),
        derivative=untyped(lambda step, g: (step.operands[0] * (2 * g),)),
    ),
    Operation(
        "normalize",
        normalize,
        of_quaternions=normalize_quaternion,
        spread=partial(_measured, True),
        misses=_turns_about,
        derivative=_normalize_rule,
        steep=True,
        cancels=True,
    ),
    Operation("norm_l1", lambda v: dot(abs(v), np.ones_like(v)), spread=polynomial(np.sum), derivative=_norm_l1_rule),
    Operation("norm_huber", huber),
    Operation("norm_pseudo_huber", pseudo_huber),
    Operation("smooth_normalize", lambda v, delta=None: v / pseudo_huber(v, delta), cancels=True),
)
