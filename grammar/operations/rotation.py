"""Rotations: from axes, angles and matrices, and back.

Formulas: Shoemake, "Animating Rotation with Quaternion Curves" (1985). Euler angles are in ``euler.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar.operations.bounds import comes_round, polynomial
from warpsmith.grammar.operations.derivative import (
    Gradients,
    Kink,
    OperationStep,
    Rule,
    adjoints,
    near,
    of_direction,
    tie,
    untyped,
)
from warpsmith.grammar.operations.elementary import asin, atan2, cos, sin
from warpsmith.grammar.operations.operation import Operation, rearranging, settled_if_finite
from warpsmith.grammar.operations.quaternion import (
    CONJUGATE,
    conjugate,
    hamilton,
    multiply,
    of_matrix,
    of_quaternions,
    of_rotation,
    rotate,
    rotate_inverse,
    rotation_of_sizes,
    to_matrix,
)
from warpsmith.grammar.operations.rounding import Bounded, Rounding
from warpsmith.grammar.operations.scalar import clamp
from warpsmith.grammar.operations.values import array, dot, dtype_of
from warpsmith.grammar.operations.vector import length, normalize, normalize_quaternion
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def from_axis_angle(axis: Any, angle: Any) -> Any:
    """``(axis sin(angle / 2), cos(angle / 2))``."""
    half = angle * dtype_of(axis)(0.5)
    return np.append(axis * sin(half), cos(half))


def to_axis_angle(q: Any) -> Any:
    """The axis and the angle in [0, pi] of a rotation; the zero axis for none."""
    axis = normalize(q[:3])
    return (-axis if q[3] < dtype_of(q)(0) else axis), dtype_of(q)(2) * atan2(length(q[:3]), abs(q[3]))


def rpy(roll: Any, pitch: Any, yaw: Any) -> Any:
    """Roll about x, then pitch about y, then yaw about z, all fixed."""
    x, y, z = (from_axis_angle(array(e, roll), a) for e, a in zip(np.eye(3), (roll, pitch, yaw), strict=True))
    return multiply(z, multiply(y, x))


def slerp(a: Any, b: Any, t: Any) -> Any:
    """``a`` times the part ``t`` of the rotation from ``a`` to ``b``, along the shorter arc."""
    axis, angle = to_axis_angle(multiply(conjugate(a), b))
    return multiply(a, from_axis_angle(axis, t * angle))


def from_matrix(m: Any) -> Any:
    """Shepperd's method (1978): through the trace if it is not negative, else through the largest diagonal entry."""
    n = dtype_of(m)
    q = np.zeros(4, n)
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    if trace >= n(0):
        root = np.sqrt(trace + n(1))
        q[3], scale = n(0.5) * root, n(0.5) / root
        q[:3] = [(m[2, 1] - m[1, 2]) * scale, (m[0, 2] - m[2, 0]) * scale, (m[1, 0] - m[0, 1]) * scale]
    else:
        i = int(np.argmax([m[0, 0], m[1, 1], m[2, 2]]))
        j, k = (i + 1) % 3, (i + 2) % 3
        root = np.sqrt((m[i, i] - (m[j, j] + m[k, k])) + n(1))
        q[i], scale = n(0.5) * root, n(0.5) / root
        q[j], q[k] = (m[i, j] + m[j, i]) * scale, (m[i, k] + m[k, i]) * scale
        q[3] = (m[k, j] - m[j, k]) * scale
    return normalize_quaternion(q)


def to_rpy(q: Any) -> Any:
    """Roll, pitch and yaw of a unit quaternion; inaccurate near gimbal lock."""
    x, y, z, w = q
    one, two = dtype_of(q)(1), dtype_of(q)(2)
    roll = atan2(two * (w * x + y * z), one - two * (x * x + y * y))
    pitch = asin(clamp(two * (w * y - z * x), -one, one))
    return array([roll, pitch, atan2(two * (w * z + x * y), one - two * (y * y + z * z))], q)


# --- what is unsettled, and what rounding is magnified by ------------------------------------------------------------


def _far_out(boxes: Sequence[Bounded]) -> str:
    a, t = boxes[0].value, boxes[2].value
    # The angle between the two is multiplied by t, and so is its rounding.
    turns = abs(float(t)) * float(np.finfo(t.dtype).eps)
    if not turns < 2.0**-8:
        return "an interpolation so far out that it may come round anywhere"
    # "Rotation at t = 0, with unit length": a little off it is well-behaved all the same.
    norm = float(np.linalg.norm(a.astype(np.float64)))
    return "" if 0.5 <= norm <= 2.0 else "an interpolation from a quaternion that is no rotation"


def _projected(operands: Sequence[Any], results: Sequence[Any]) -> float:
    """Of a twist: by how much its normalisation magnifies the rounding of what it is made of."""
    axis, q = operands
    along = float(axis @ q[:3])
    left = math.hypot(along * float(np.linalg.norm(axis)), float(q[3]))
    return max(1.0, float(axis @ axis)) * float(np.linalg.norm(q)) / left if left else math.inf


# --- derivatives -----------------------------------------------------------------------------------------------------


def _rotation_rule(step: OperationStep, g: Any) -> Gradients:
    q, v = step.operands
    return of_rotation(q, v, g)


def _rotation_back_rule(step: OperationStep, g: Any) -> Gradients:
    q, v = step.operands
    of_q, of_v = of_rotation(q * CONJUGATE, v, g)
    return of_q * CONJUGATE, of_v


def to_matrix_rule(step: OperationStep, g: Any) -> Gradients:
    """Of a quaternion, or of a transform as a homogeneous matrix."""
    t = step.operands[0]
    return (of_matrix(t, g) if len(t) == 4 else np.concatenate((g[:3, 3], of_matrix(t[3:], g[:3, :3]))),)


def _outer_product() -> Any:
    """The linear map from a rotation matrix and 1 to ``4 q q'``: ``(i, j, row, column)``, and what is constant."""
    k, constant = np.zeros((4, 4, 3, 3)), np.eye(4)
    for i in range(3):
        j, h = (i + 1) % 3, (i + 2) % 3
        k[i, i, (i, j, h), (i, j, h)] = 1, -1, -1
        k[i, j, (i, j), (j, i)] = k[j, i, (i, j), (j, i)] = 1
        k[i, 3, (h, j), (j, h)] = k[3, i, (h, j), (j, h)] = 1, -1
        k[3, 3, i, i] = 1
    return k, constant


_OUTER, _UNIT = _outer_product()


def of_shepperd(m: Any, g: Any, eps: float) -> Any:
    """For a row of ``4 q q'``, normalised: the last where the trace is not negative, else that of the largest entry."""
    diagonal = m.diagonal()
    trace = diagonal.sum()
    second, largest = np.sort(diagonal)[1:]
    if tie(trace, 0.0, eps) or (trace < 0 and tie(second, largest, eps)):
        raise Kink("a rotation between two branches of its conversion")
    i = 3 if trace > 0 else int(diagonal.argmax())
    row = np.tensordot(_OUTER[i], m, 2) + _UNIT[i]
    if not row[i] > eps:
        raise Kink("a quaternion of no rotation matrix")
    return np.tensordot(of_direction(row, g), _OUTER[i], 1)


def from_matrix_rule(operands: tuple[Value, ...]) -> Rule:
    """A quaternion, or a transform, from a rotation matrix or a homogeneous one."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        m = step.operands[0]
        gradient = np.zeros(m.shape)
        gradient[:3, :3] = of_shepperd(m[:3, :3], g[-4:], eps)
        if len(g) == 7:
            gradient[:3, 3] = g[:3]
        return (gradient,)

    return rule


def _axis_angle_rule(step: OperationStep, g: Any) -> Gradients:
    axis, angle = step.operands
    return _of_axis_angle(axis, float(angle), g)


def _of_axis_angle(axis: Any, angle: float, g: Any) -> tuple[Any, float]:
    sin, cos = np.sin(angle / 2), np.cos(angle / 2)
    return g[:3] * sin, float(axis.dot(g[:3]) * cos - g[3] * sin) / 2


def _of_rotation_vector(q: Any, of_axis: Any, of_angle: float, eps: float) -> Any:
    """For the axis, turned so that the angle is at most pi, and the angle ``2 atan2(|u|, |w|)``."""
    u, w = q[:3], float(q[3])
    norm = math.sqrt(u.dot(u))
    if not norm > eps or not abs(w) > eps:
        raise Kink("the axis of no rotation, or of half a turn")
    scale = 2 * of_angle / (norm * norm + w * w)
    of_q = np.empty(4)
    of_q[:3] = of_direction(u, math.copysign(1, w) * of_axis) + u * (scale * abs(w) / norm)
    of_q[3] = -scale * math.copysign(norm, w)
    return of_q


def _to_axis_angle_rule(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        of_axis, of_angle = adjoints(step, g)
        return (_of_rotation_vector(step.operands[0], of_axis, float(of_angle), eps),)

    return rule


def _twist_rule(step: OperationStep, g: Any) -> Gradients:
    """The direction of ``((a·u) a, w)`` with ``q = (u, w)``."""
    axis, q = step.operands
    along = float(axis.dot(q[:3]))
    of_turn = of_direction(np.append(along * axis, q[3]), g)
    of_along = float(of_turn[:3].dot(axis))
    return along * of_turn[:3] + of_along * q[:3], np.append(of_along * axis, of_turn[3])


def _twist_angle_rule(signed: bool, operands: tuple[Value, ...]) -> Rule:
    """``2 atan2(a·u, w)``, or of its size."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        axis, q = step.operands
        along, w = float(axis.dot(q[:3])), float(q[3])
        square = along * along + w * w
        if not square > 0.0:
            raise Kink(f"{step.name} of no rotation")
        if not signed and tie(along, 0.0, eps):
            raise Kink(f"{step.name} of no twist")
        of_along = 2 * float(g) * w / square * (1.0 if signed else math.copysign(1.0, along))
        of_w = -2 * float(g) * (along if signed else abs(along)) / square
        return of_along * q[:3], np.append(of_along * axis, of_w)

    return rule


def _slerp_rule(operands: tuple[Value, ...]) -> Rule:
    """``a`` times the part ``t`` of the rotation from ``a`` to ``b``."""
    eps = near(operands)

    def rule(step: OperationStep, g: Any) -> Gradients:
        a, b, t = step.operands
        between = hamilton(a * CONJUGATE, b)
        axis, angle = to_axis_angle(between)
        of_a, of_part = of_quaternions(a, from_axis_angle(axis, t * angle), g)
        of_axis, of_part_angle = _of_axis_angle(axis, float(t * angle), of_part)
        of_between = _of_rotation_vector(between, of_axis, float(t) * of_part_angle, eps)
        of_back, of_b = of_quaternions(a * CONJUGATE, b, of_between)
        return of_a + of_back * CONJUGATE, of_b, float(angle) * of_part_angle

    return rule


def of_turns(axes: list[int], angles: list[float], g: Any) -> list[float]:
    """For turns about coordinate axes, one after the other: the rate of a turn is the turn times half its axis."""
    halves = np.eye(4)[axes] / 2
    turns = [from_axis_angle(2 * half[:3], angle) for half, angle in zip(halves, angles, strict=True)]
    rates = [[*turns[:k], hamilton(turns[k], halves[k]), *turns[k + 1 :]] for k in range(3)]
    return [float(g.dot(hamilton(third, hamilton(second, first)))) for first, second, third in rates]


def _rpy_rule(step: OperationStep, g: Any) -> Gradients:
    return tuple(of_turns([0, 1, 2], [float(x) for x in step.operands], g))


# --- records ---------------------------------------------------------------------------------------------------------


def _twist(name: str, meaning: Any, derivative: Any, *, cancels: bool = True) -> Operation:
    """A projection, which may be short, turned into one of unit length."""
    return Operation(
        name,
        meaning,
        unsettled=settled_if_finite,
        derivative=derivative,
        steep=True,
        cancels=cancels,
        condition=_projected,
    )


ROTATION = (
    Operation(
        "quat_from_axis_angle",
        from_axis_angle,
        misses=comes_round(1, period=2 * np.pi),
        derivative=untyped(_axis_angle_rule),
    ),
    Operation(
        "quat_to_axis_angle",
        to_axis_angle,
        unsettled=settled_if_finite,
        derivative=_to_axis_angle_rule,
        steep=True,
        cancels=True,
    ),
    Operation(
        "quat_from_matrix",
        from_matrix,
        unsettled=settled_if_finite,
        derivative=from_matrix_rule,
        steep=True,
        cancels=True,
    ),
    Operation("quat_to_matrix", to_matrix, derivative=untyped(to_matrix_rule)),
    Operation(
        "quat_rpy",
        rpy,
        rounding=Rounding(least=1.0),  # sums of products of sines and cosines, which cancel where angles are equal
        misses=comes_round(0, 1, 2, period=2 * np.pi),
        derivative=untyped(_rpy_rule),
        cancels=True,
    ),
    Operation("quat_to_rpy", to_rpy),
    rearranging("quat_inverse", conjugate, lambda step, g: (g * CONJUGATE,)),
    Operation("quat_rotate", rotate, spread=polynomial(rotation_of_sizes), derivative=untyped(_rotation_rule)),
    Operation(
        "quat_rotate_inv", rotate_inverse, spread=polynomial(rotation_of_sizes), derivative=untyped(_rotation_back_rule)
    ),
    Operation(
        "quat_slerp",
        slerp,
        unsettled=_far_out,
        derivative=_slerp_rule,
        steep=True,
        cancels=True,
        units=32.0,  # a product with an inverse, an axis with an angle, a rotation about it, and another product
    ),
    _twist(
        "quat_twist",
        lambda axis, q: normalize_quaternion(np.append(dot(q[:3], axis) * axis, q[3])),
        untyped(_twist_rule),
    ),
    _twist(
        "quat_twist_angle",
        lambda axis, q: dtype_of(q)(2) * atan2(abs(dot(axis, q[:3])), q[3]),
        partial(_twist_angle_rule, False),
    ),
    _twist(
        "quat_twist_angle_signed",
        lambda axis, q: dtype_of(q)(2) * atan2(dot(axis, q[:3]), q[3]),
        partial(_twist_angle_rule, True),
        cancels=False,
    ),
)
