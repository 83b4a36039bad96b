"""Rigid transforms ``(p, q)``, 4 x 4 transformation matrices, and spatial vectors ``(w, v)`` (Featherstone 2008).

``transform_set_translation`` and ``transform_set_rotation`` yield nothing in Warp and change their first operand: their
meaning returns the changed transform.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.meanings.matrix import matmul
from warpsmith.grammar.meanings.quaternion import conjugate, from_matrix, multiply, rotate, to_matrix
from warpsmith.grammar.meanings.values import Meaning, cross, dot, dtype_of, sequential_sum


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


def cross_motion(a: Any, b: Any) -> Any:
    """Featherstone's ``a x b`` of two motion vectors."""
    return np.append(cross(a[:3], b[:3]), cross(a[3:], b[:3]) + cross(a[:3], b[3:]))


def cross_force(a: Any, b: Any) -> Any:
    """Featherstone's ``a x* b`` of a motion and a force vector."""
    return np.append(cross(a[:3], b[:3]) + cross(a[3:], b[3:]), cross(a[:3], b[3:]))


def twist(t: Any, x: Any) -> Any:
    """``w' = R w``, ``v' = R v + p x w'``."""
    w = rotate(t[3:], x[:3])
    return np.append(w, rotate(t[3:], x[3:]) + cross(t[:3], w))


def wrench(t: Any, x: Any) -> Any:
    """``f' = R f``, ``tau' = R tau + p x f'``."""
    f = rotate(t[3:], x[3:])
    return np.append(rotate(t[3:], x[:3]) + cross(t[:3], f), f)


def adjoint(r: Any, s: Any) -> Any:
    """The blocks ``[[r, 0], [s, r]]``."""
    return np.block([[r, np.zeros_like(r)], [s, r]])


TRANSFORM: dict[str, Meaning] = {
    "transform_get_translation": lambda xform: xform[:3].copy(),
    "transform_get_rotation": lambda xform: xform[3:].copy(),
    "transform_set_translation": lambda xform, p: np.append(p, xform[3:]),
    "transform_set_rotation": lambda xform, q: np.append(xform[:3], q),
    "transform_multiply": compose,
    "transform_point": lambda xform, point: affine(xform, point, 1.0),
    "transform_vector": lambda xform, vec: affine(xform, vec, 0.0),
    "transform_inverse": inverse,
    "transform_from_matrix": lambda mat: np.append(mat[:3, 3], from_matrix(mat)),
    "transform_to_matrix": lambda xform: homogeneous(to_matrix(xform[3:]), xform[:3]),
    "transform_compose": lambda position, rotation, scale: homogeneous(to_matrix(rotation) * scale, position),
    "transform_decompose": decompose,
    "spatial_dot": dot,
    "spatial_cross": cross_motion,
    "spatial_cross_dual": cross_force,
    "spatial_top": lambda svec: svec[:3].copy(),
    "spatial_bottom": lambda svec: svec[3:].copy(),
    "spatial_adjoint": adjoint,
    "velocity_at_point": lambda qd, r: qd[3:] + cross(qd[:3], r),
    "transform_twist": twist,
    "transform_wrench": wrench,
}
"""Meanings of the transform and spatial builtins, by name."""
