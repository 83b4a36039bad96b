"""Exact derivatives of rotations, transforms and spatial vectors; see ``rules.py``."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.meanings.quaternion import from_axis_angle, to_axis_angle, to_matrix
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.derivatives.rules import (
    Gradients,
    Kink,
    Maker,
    Rule,
    Step,
    adjoints,
    cross,
    near,
    of_direction,
    plain,
    tie,
    vee,
)

# --- rotations and transforms ----------------------------------------------------------------------------------------


def hamilton(a: Any, b: Any) -> Any:
    """The product of two quaternions. Its transpose, as a map of either, multiplies by the other's conjugate."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a.tolist(), b.tolist()
    return np.array(
        [
            aw * bx + bw * ax + ay * bz - by * az,
            aw * by + bw * ay + az * bx - bz * ax,
            aw * bz + bw * az + ax * by - bx * ay,
            aw * bw - ax * bx - ay * by - az * bz,
        ]
    )


_CONJUGATE = np.array([-1.0, -1.0, -1.0, 1.0])


def of_quaternions(a: Any, b: Any, g: Any) -> tuple[Any, Any]:
    """Of the product of quaternions."""
    return hamilton(g, b * _CONJUGATE), hamilton(a * _CONJUGATE, g)


def _of_rotation(q: Any, v: Any, g: Any) -> tuple[Any, Any]:
    """For ``(2 w² - 1) v + 2 (u·v) u + 2 w u x v`` with ``q = (u, w)``."""
    u, w = q[:3], float(q[3])
    along, onto = float(u.dot(v)), float(u.dot(g))
    bent = cross(v, g)
    of_q = np.empty(4)
    of_q[:3] = 2 * (along * g + onto * v + w * bent)
    of_q[3] = 4 * w * v.dot(g) + 2 * u.dot(bent)  # g·(u x v) = u·(v x g)
    return of_q, (2 * w * w - 1) * g + 2 * onto * u + 2 * w * cross(g, u)


def _rotation(step: Step, g: Any) -> Gradients:
    q, v = step.operands
    return _of_rotation(q, v, g)


def _rotation_back(step: Step, g: Any) -> Gradients:
    q, v = step.operands
    of_q, of_v = _of_rotation(q * _CONJUGATE, v, g)
    return of_q * _CONJUGATE, of_v


def composition(step: Step, g: Any) -> Gradients:
    """Of the product of transforms: ``p = rotate(qa, pb) + pa``, ``q = qa qb``."""
    a, b = step.operands
    of_q, of_p = _of_rotation(a[3:], b[:3], g[:3])
    of_qa, of_qb = of_quaternions(a[3:], b[3:], g[3:])
    return np.concatenate((g[:3], of_qa + of_q)), np.concatenate((of_p, of_qb))


def _application(w: float, operands: tuple[Value, ...]) -> Rule:
    """A transform or a matrix applied to the homogeneous ``(x, w)``."""

    def matrix(step: Step, g: Any) -> Gradients:
        m, x = step.operands
        of_m = np.zeros((4, 4))
        of_m[:3, :3], of_m[:3, 3] = g[:, None] * x, g * w
        return of_m, g @ m[:3, :3]

    def transform(step: Step, g: Any) -> Gradients:
        t, x = step.operands
        of_q, of_x = _of_rotation(t[3:], x, g)
        return np.concatenate((g * w, of_q)), of_x

    return matrix if types.kind(operands[0]) == "mat" else transform


def _inverse(step: Step, g: Any) -> Gradients:
    """Of a transform: ``p' = -rotate(q', p)``, ``q'`` the conjugate."""
    t = step.operands[0]
    of_q, of_p = _of_rotation(t[3:] * _CONJUGATE, t[:3], -g[:3])
    return (np.concatenate((of_p, _CONJUGATE * (of_q + g[3:]))),)


def _of_matrix(q: Any, g: Any) -> Any:
    """For ``(2 w² - 1) + 2 u u' + 2 w [u]``, where ``[u] x`` is ``u x x``."""
    u, w = q[:3], float(q[3])
    twist = vee(g)
    of_q = np.empty(4)
    of_q[:3] = 2 * (g @ u + u @ g + w * twist)
    of_q[3] = 4 * w * np.trace(g) + 2 * u.dot(twist)
    return of_q


def _to_matrix(step: Step, g: Any) -> Gradients:
    """Of a quaternion, or of a transform as a homogeneous matrix."""
    t = step.operands[0]
    return (_of_matrix(t, g) if len(t) == 4 else np.concatenate((g[:3, 3], _of_matrix(t[3:], g[:3, :3]))),)


def _compose(step: Step, g: Any) -> Gradients:
    """Translation, and a rotation whose columns are scaled."""
    _, q, scale = step.operands
    columns = to_matrix(q)
    return g[:3, 3], _of_matrix(q, g[:3, :3] * scale), (g[:3, :3] * columns).sum(0)


# --- rotations from matrices and angles ----------------------------------------------------------------------------


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


def _of_shepperd(m: Any, g: Any, eps: float) -> Any:
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


def _from_matrix(operands: tuple[Value, ...]) -> Rule:
    """A quaternion, or a transform, from a rotation matrix or a homogeneous one."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        m = step.operands[0]
        gradient = np.zeros(m.shape)
        gradient[:3, :3] = _of_shepperd(m[:3, :3], g[-4:], eps)
        if len(g) == 7:
            gradient[:3, 3] = g[:3]
        return (gradient,)

    return rule


def _decompose(operands: tuple[Value, ...]) -> Rule:
    """The lengths of the columns, and the rotation that is left."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        m, (_, _, scale) = step.operands[0], step.result
        of_p, of_q, of_scale = adjoints(step, g)
        if not scale.min() > eps:
            raise Kink("transform_decompose of a column without length")
        columns = m[:3, :3] / scale
        of_columns = _of_shepperd(columns, of_q, eps)
        gradient = np.zeros((4, 4))
        gradient[:3, :3] = (of_columns - columns * (columns * of_columns).sum(0)) / scale + columns * of_scale
        gradient[:3, 3] = of_p
        return (gradient,)

    return rule


def _axis_angle(step: Step, g: Any) -> Gradients:
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


def _to_axis_angle(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        of_axis, of_angle = adjoints(step, g)
        return (_of_rotation_vector(step.operands[0], of_axis, float(of_angle), eps),)

    return rule


def _twist(step: Step, g: Any) -> Gradients:
    """The direction of ``((a·u) a, w)`` with ``q = (u, w)``."""
    axis, q = step.operands
    along = float(axis.dot(q[:3]))
    of_turn = of_direction(np.append(along * axis, q[3]), g)
    of_along = float(of_turn[:3].dot(axis))
    return along * of_turn[:3] + of_along * q[:3], np.append(of_along * axis, of_turn[3])


def _twist_angle(signed: bool, operands: tuple[Value, ...]) -> Rule:
    """``2 atan2(a·u, w)``, or of its size."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
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


def _slerp(operands: tuple[Value, ...]) -> Rule:
    """``a`` times the part ``t`` of the rotation from ``a`` to ``b``."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        a, b, t = step.operands
        between = hamilton(a * _CONJUGATE, b)
        axis, angle = to_axis_angle(between)
        of_a, of_part = of_quaternions(a, from_axis_angle(axis, t * angle), g)
        of_axis, of_part_angle = _of_axis_angle(axis, float(t * angle), of_part)
        of_between = _of_rotation_vector(between, of_axis, float(t) * of_part_angle, eps)
        of_back, of_b = of_quaternions(a * _CONJUGATE, b, of_between)
        return of_a + of_back * _CONJUGATE, of_b, float(angle) * of_part_angle

    return rule


def _of_turns(axes: list[int], angles: list[float], g: Any) -> list[float]:
    """For turns about coordinate axes, one after the other: the rate of a turn is the turn times half its axis."""
    halves = np.eye(4)[axes] / 2
    turns = [from_axis_angle(2 * half[:3], angle) for half, angle in zip(halves, angles, strict=True)]
    rates = [[*turns[:k], hamilton(turns[k], halves[k]), *turns[k + 1 :]] for k in range(3)]
    return [float(g.dot(hamilton(third, hamilton(second, first)))) for first, second, third in rates]


def _rpy(step: Step, g: Any) -> Gradients:
    return tuple(_of_turns([0, 1, 2], [float(x) for x in step.operands], g))


def _from_euler(step: Step, g: Any) -> Gradients:
    angles, *axes = step.operands
    order = [int(i) for i in axes]
    gradient = np.zeros(3)
    np.add.at(gradient, order, _of_turns(order, angles[order].tolist(), g))
    return gradient, None, None, None


# --- spatial vectors -----------------------------------------------------------------------------------------------


def _velocity(step: Step, g: Any) -> Gradients:
    qd, r = step.operands
    return np.concatenate((cross(r, g), g)), cross(g, qd[:3])


def _cross_motion(step: Step, g: Any) -> Gradients:
    (a, c), (b, d), (p, q) = map(_halves, (*step.operands, g))
    return np.concatenate((cross(b, p) + cross(d, q), cross(b, q))), np.concatenate(
        (cross(p, a) + cross(q, c), cross(q, a))
    )


def _cross_force(step: Step, g: Any) -> Gradients:
    (a, c), (b, d), (p, q) = map(_halves, (*step.operands, g))
    return np.concatenate((cross(b, p) + cross(d, q), cross(d, p))), np.concatenate(
        (cross(p, a), cross(p, c) + cross(q, a))
    )


def _halves(x: Any) -> tuple[Any, Any]:
    return x[:3], x[3:]


def _carried(first: int, step: Step, g: Any) -> Gradients:
    """Twists and wrenches: both halves turned, and to the other the position x the half that begins at ``first``."""
    t, x = step.operands
    other, q = 3 - first, t[3:]
    turned, of_other = step.result[first : first + 3], g[other : other + 3]
    of_q, of_first = _of_rotation(q, x[first : first + 3], g[first : first + 3] + cross(of_other, t[:3]))
    of_q_too, of_second = _of_rotation(q, x[other : other + 3], of_other)
    of_x = np.empty(6)
    of_x[first : first + 3], of_x[other : other + 3] = of_first, of_second
    return np.concatenate((cross(turned, of_other), of_q + of_q_too)), of_x


ROTATION_RULES: dict[str, Maker] = {
    "quat_rotate": plain(_rotation),
    "quat_rotate_inv": plain(_rotation_back),
    "quat_inverse": plain(lambda step, g: (g * _CONJUGATE,)),
    "quat_from_axis_angle": plain(_axis_angle),
    "quat_to_axis_angle": _to_axis_angle,
    "quat_slerp": _slerp,
    "quat_twist": plain(_twist),
    "quat_twist_angle": partial(_twist_angle, False),
    "quat_twist_angle_signed": partial(_twist_angle, True),
    "quat_rpy": plain(_rpy),
    "quat_from_euler": plain(_from_euler),
    **dict.fromkeys(("quat_to_matrix", "transform_to_matrix"), plain(_to_matrix)),
    **dict.fromkeys(("quat_from_matrix", "transform_from_matrix"), _from_matrix),
    "transform_multiply": plain(composition),
    "transform_point": partial(_application, 1.0),
    "transform_vector": partial(_application, 0.0),
    "transform_inverse": plain(_inverse),
    "transform_compose": plain(_compose),
    "transform_decompose": _decompose,
    "velocity_at_point": plain(_velocity),
    "spatial_cross": plain(_cross_motion),
    "spatial_cross_dual": plain(_cross_force),
    "transform_twist": plain(partial(_carried, 0)),
    "transform_wrench": plain(partial(_carried, 3)),
}
"""Rules by builtin."""
