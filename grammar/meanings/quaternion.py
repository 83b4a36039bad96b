"""Quaternions in x, y, z, w order. Rotations are for unit quaternions; others follow the formulas as written.

Formulas: Shoemake, "Animating Rotation with Quaternion Curves" (1985) and "Quaternions" (1994); Bernardes & Viollet,
"Quaternion to Euler angles conversion" (2022) for :func:`to_euler`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from warpsmith.grammar.meanings.scalar import SCALAR, clamp
from warpsmith.grammar.meanings.values import Meaning, array, cross, dot, dtype_of, through_float
from warpsmith.grammar.meanings.vector import length
from warpsmith.grammar.meanings.vector import normalize as normalize_vector

_sin, _cos, _acos, _asin = (SCALAR[n] for n in ("sin", "cos", "acos", "asin"))
_atan2 = through_float(np.arctan2)


def multiply(a: Any, b: Any) -> Any:
    """Hamilton's product: apply ``b``, then ``a``."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return array(
        [
            aw * bx + bw * ax + ay * bz - by * az,
            aw * by + bw * ay + az * bx - bz * ax,
            aw * bz + bw * az + ax * by - bx * ay,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        a,
    )


def conjugate(q: Any) -> Any:
    """The inverse of a unit quaternion."""
    return array([-q[0], -q[1], -q[2], q[3]], q)


def normalize(q: Any) -> Any:
    """``q`` divided by its length; the identity, unlike for a vector, where the length is 0."""
    return array([0, 0, 0, 1], q) if length(q) == 0 else normalize_vector(q)


def rotate(q: Any, v: Any) -> Any:
    """``(2 w² - 1) v + 2 (u·v) u + 2 w u x v`` for ``q = (u, w)``."""
    u, w, two = q[:3], q[3], dtype_of(q)(2)
    return v * (two * w * w - dtype_of(q)(1)) + u * (two * dot(u, v)) + cross(u, v) * w * two


def rotate_inverse(q: Any, v: Any) -> Any:
    """:func:`rotate` by the conjugate."""
    return rotate(conjugate(q), v)


def from_axis_angle(axis: Any, angle: Any) -> Any:
    """``(axis sin(angle / 2), cos(angle / 2))``."""
    half = angle * dtype_of(axis)(0.5)
    return np.append(axis * _sin(half), _cos(half))


def to_axis_angle(q: Any) -> Any:
    """The axis and the angle in [0, pi] of a rotation; the zero axis for none."""
    axis = normalize_vector(q[:3])
    return (-axis if q[3] < dtype_of(q)(0) else axis), dtype_of(q)(2) * _atan2(length(q[:3]), abs(q[3]))


def rpy(roll: Any, pitch: Any, yaw: Any) -> Any:
    """Roll about x, then pitch about y, then yaw about z, all fixed."""
    x, y, z = (from_axis_angle(array(e, roll), a) for e, a in zip(np.eye(3), (roll, pitch, yaw), strict=True))
    return multiply(z, multiply(y, x))


def slerp(a: Any, b: Any, t: Any) -> Any:
    """``a`` times the part ``t`` of the rotation from ``a`` to ``b``, along the shorter arc."""
    axis, angle = to_axis_angle(multiply(conjugate(a), b))
    return multiply(a, from_axis_angle(axis, t * angle))


def to_matrix(q: Any) -> Any:
    """The matrix whose columns are the rotated unit vectors."""
    return np.stack([rotate(q, e) for e in np.eye(3, dtype=dtype_of(q))], 1)


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
    return normalize(q)


def from_euler(e: Any, i: Any, j: Any, k: Any) -> Any:
    """``e[i]`` about axis i, then ``e[j]`` about j, then ``e[k]`` about k, all fixed."""
    unit = np.eye(3, dtype=dtype_of(e))
    qi, qj, qk = (from_axis_angle(unit[n], e[n]) for n in (int(i), int(j), int(k)))
    return multiply(qk, multiply(qj, qi))


def to_euler(q: Any, i: Any, j: Any, k: Any) -> Any:
    """Bernardes & Viollet's algorithm; angles indexed by axis, as Warp's documentation says."""
    n = dtype_of(q)
    i, j, k = int(i), int(j), int(k)
    proper = i == k
    if proper:
        k = 3 - i - j
    sign = n((i - j) * (j - k) * (k - i) / 2)  # Levi-Civita, of 0-based axes too
    a, b, c, d = q[3], q[i], q[j], q[k] * sign
    if not proper:
        a, b, c, d = q[3] - q[j], q[i] + q[k] * sign, q[j] + q[3], q[k] * sign - q[i]
    second = _acos(n(2) * (a * a + b * b) / (a * a + b * b + c * c + d * d) - n(1))
    plus, minus = _atan2(b, a), _atan2(d, c)
    if abs(second) < n(1e-6):
        first, third = n(0), n(2) * plus
    elif abs(second - n(math.pi)) < n(1e-6):
        first, third = n(0), n(2) * minus
    else:
        first, third = plus - minus, plus + minus
    if not proper:
        second, third = second - n(math.pi / 2), third * sign
    angles = np.zeros(3, n)
    angles[[i, j, k]] = [first, second, third]
    return angles


def to_rpy(q: Any) -> Any:
    """Roll, pitch and yaw of a unit quaternion; inaccurate near gimbal lock."""
    x, y, z, w = q
    one, two = dtype_of(q)(1), dtype_of(q)(2)
    roll = _atan2(two * (w * x + y * z), one - two * (x * x + y * y))
    pitch = _asin(clamp(two * (w * y - z * x), -one, one))
    return array([roll, pitch, _atan2(two * (w * z + x * y), one - two * (y * y + z * z))], q)


QUATERNION: dict[str, Meaning] = {
    "quat_from_axis_angle": from_axis_angle,
    "quat_to_axis_angle": to_axis_angle,
    "quat_from_matrix": from_matrix,
    "quat_rpy": rpy,
    "quat_inverse": conjugate,
    "quat_rotate": rotate,
    "quat_rotate_inv": rotate_inverse,
    "quat_slerp": slerp,
    "quat_to_matrix": to_matrix,
    "quat_from_euler": from_euler,
    "quat_to_euler": to_euler,
    "quat_to_rpy": to_rpy,
    "quat_twist": lambda axis, q: normalize(np.append(dot(q[:3], axis) * axis, q[3])),
    "quat_twist_angle": lambda axis, q: dtype_of(q)(2) * _atan2(abs(dot(axis, q[:3])), q[3]),
    "quat_twist_angle_signed": lambda axis, q: dtype_of(q)(2) * _atan2(dot(axis, q[:3]), q[3]),
}
"""Meanings of the quaternion builtins, by name."""
