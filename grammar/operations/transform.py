"""Rigid transforms ``(p, q)``, and 4 x 4 transformation matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.bounds import Majorant, polynomial
from warpsmith.grammar.operations.derivative import Gradients, Kink, OperationStep, Rule, adjoints, near, untyped
from warpsmith.grammar.operations.matrix import matmul
from warpsmith.grammar.operations.operation import Operation, rearranging, settled_if_finite
from warpsmith.grammar.operations.quaternion import (
    CONJUGATE,
    conjugate,
    multiply,
    of_matrix,
    of_quaternions,
    of_rotation,
    product_of_sizes,
    rotate,
    rotation_of_sizes,
    to_matrix,
)
from warpsmith.grammar.operations.rotation import from_matrix, from_matrix_rule, of_shepperd, to_matrix_rule
from warpsmith.grammar.operations.values import dtype_of, sequential_sum
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def compose(a: Any, b: Any) -> Any:
    """``b``, then ``a``."""
    return np.append(rotate(a[3:], b[:3]) + a[:3], multiply(a[3:], b[3:]))


def inverse(t: Any) -> Any:
    """The transform that undoes one with a unit quaternion."""
    back = conjugate(t[3:])
    return np.append(-rotate(back, t[:3]), back)


def affine(t: Any, x: Any, w: float) -> Any:
    """``t`` applied to the homogeneous ``(x, w)``: a point for ``w`` 1, a direction for 0."""
    if np.ndim(t) == 2:
        return matmul(t, np.append(x, dtype_of(x)(w)))[:3]
    return t[:3] + rotate(t[3:], x) if w else rotate(t[3:], x)


def homogeneous(linear: Any, p: Any) -> Any:
    """The 4 x 4 matrix ``[[linear, p], [0, 1]]``."""
    m = np.eye(4, dtype=dtype_of(p))
    m[:3, :3], m[:3, 3] = linear, p
    return m


def decompose(m: Any) -> Any:
    """Position, rotation and scale of a matrix made by ``transform_compose``; scales come out positive."""
    linear = m[:3, :3]
    scale = np.sqrt(sequential_sum(linear * linear))
    return m[:3, 3].copy(), from_matrix(linear / np.where(scale != 0, scale, dtype_of(m)(1))), scale


# --- majorants -------------------------------------------------------------------------------------------------------


def composition_of_sizes(a: Any, b: Any) -> Any:
    """The majorant of :func:`compose`."""
    return np.concatenate((rotation_of_sizes(a[3:], b[:3]) + a[:3], product_of_sizes(a[3:], b[3:])))


def _affine_sizes(w: float) -> Majorant:
    def majorant(t: Any, x: Any) -> Any:
        if t.ndim == 2:
            return t[:3, :3] @ x + w * t[:3, 3]
        return rotation_of_sizes(t[3:], x) + w * t[:3]

    return majorant


# --- derivatives -----------------------------------------------------------------------------------------------------


def composition_rule(step: OperationStep, g: Any) -> Gradients:
    """Of the product of transforms: ``p = rotate(qa, pb) + pa``, ``q = qa qb``."""
    a, b = step.operands
    of_q, of_p = of_rotation(a[3:], b[:3], g[:3])
    of_qa, of_qb = of_quaternions(a[3:], b[3:], g[3:])
    return np.concatenate((g[:3], of_qa + of_q)), np.concatenate((of_p, of_qb))


def _application_rule(w: float, operands: tuple[Value, ...]) -> Rule:
    """A transform or a matrix applied to the homogeneous ``(x, w)``."""

    def matrix(step: OperationStep, g: Any) -> Gradients:
        m, x = step.operands
        of_m = np.zeros((4, 4))
        of_m[:3, :3], of_m[:3, 3] = g[:, None] * x, g * w
        return of_m, g @ m[:3, :3]

    def transform(step: OperationStep, g: Any) -> Gradients:
        t, x = step.operands
        of_q, of_x = of_rotation(t[3:], x, g)
        return np.concatenate((g * w, of_q)), of_x

    return matrix if types.kind(operands[0]) == "mat" else transform


def _inverse_rule(step: OperationStep, g: Any) -> Gradients:
    """Of a transform: ``p' = -rotate(q', p)``, ``q'`` the conjugate."""
    t = step.operands[0]
    of_q, of_p = of_rotation(t[3:] * CONJUGATE, t[:3], -g[:3])
    return (np.concatenate((of_p, CONJUGATE * (of_q + g[3:]))),)


def _compose_rule(step: OperationStep, g: Any) -> Gradients:
    """Translation, and a rotation whose columns are scaled."""
    _, q, scale = step.operands
    columns = to_matrix(q)
    return g[:3, 3], of_matrix(q, g[:3, :3] * scale), (g[:3, :3] * columns).sum(0)


def _decompose_rule(operands: tuple[Value, ...]) -> Rule:
    """The lengths of the columns, and the rotation that is left."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        m, (_, _, scale) = step.operands[0], step.result
        of_p, of_q, of_scale = adjoints(step, g)
        if not scale.min() > eps:
            raise Kink("transform_decompose of a column without length")
        columns = m[:3, :3] / scale
        of_columns = of_shepperd(columns, of_q, eps)
        gradient = np.zeros((4, 4))
        gradient[:3, :3] = (of_columns - columns * (columns * of_columns).sum(0)) / scale + columns * of_scale
        gradient[:3, 3] = of_p
        return (gradient,)

    return rule


def _inside_rule(part: slice, step: OperationStep, g: Any) -> Gradients:
    """Of a part of the components."""
    gradient = np.zeros(step.operands[0].shape)
    gradient[part] = g
    return (gradient,)


def part_of(name: str, part: slice) -> Operation:
    """Some components, one after the other."""
    return rearranging(name, lambda value: value[part].copy(), partial(_inside_rule, part))


def _replaced_rule(part: slice, step: OperationStep, g: Any) -> Gradients:
    kept = g.copy()
    kept[part] = 0
    return kept, g[part]


# --- records ---------------------------------------------------------------------------------------------------------


_POSITION, _ROTATION = slice(0, 3), slice(3, 7)

TRANSFORM = (
    part_of("transform_get_translation", _POSITION),
    part_of("transform_get_rotation", _ROTATION),
    # These yield nothing in Warp and change their first operand: the meaning returns the changed transform.
    rearranging(
        "transform_set_translation",
        lambda xform, p: np.append(p, xform[3:]),
        partial(_replaced_rule, _POSITION),
        sets=True,
    ),
    rearranging(
        "transform_set_rotation",
        lambda xform, q: np.append(xform[:3], q),
        partial(_replaced_rule, _ROTATION),
        sets=True,
    ),
    Operation(
        "transform_multiply",
        compose,
        spread=polynomial(composition_of_sizes),
        derivative=untyped(composition_rule),
        sparse=True,
    ),
    Operation(
        "transform_point",
        lambda xform, point: affine(xform, point, 1.0),
        spread=polynomial(_affine_sizes(1.0)),
        derivative=partial(_application_rule, 1.0),
        sparse=True,
    ),
    Operation(
        "transform_vector",
        lambda xform, vec: affine(xform, vec, 0.0),
        spread=polynomial(_affine_sizes(0.0)),
        derivative=partial(_application_rule, 0.0),
    ),
    Operation(
        "transform_inverse",
        inverse,
        spread=polynomial(lambda t: np.concatenate((rotation_of_sizes(t[3:], t[:3]), t[3:]))),
        derivative=untyped(_inverse_rule),
        sparse=True,
    ),
    Operation(
        "transform_from_matrix",
        lambda mat: np.append(mat[:3, 3], from_matrix(mat)),
        unsettled=settled_if_finite,
        derivative=from_matrix_rule,
        steep=True,
        sparse=True,
        cancels=True,
    ),
    Operation(
        "transform_to_matrix",
        lambda xform: homogeneous(to_matrix(xform[3:]), xform[:3]),
        derivative=untyped(to_matrix_rule),
        sparse=True,
    ),
    Operation(
        "transform_compose",
        lambda position, rotation, scale: homogeneous(to_matrix(rotation) * scale, position),
        derivative=untyped(_compose_rule),
        sparse=True,
    ),
    Operation(
        "transform_decompose",
        decompose,
        unsettled=settled_if_finite,
        derivative=_decompose_rule,
        steep=True,
        sparse=True,
        cancels=True,
    ),
)
