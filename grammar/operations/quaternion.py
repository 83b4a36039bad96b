"""The arithmetic of quaternions, in x, y, z, w order: products, and rotating a vector, with majorants and derivatives.

Rotations are for unit quaternions; others follow the formulas as written. Formulas: Shoemake, "Animating Rotation with
Quaternion Curves" (1985) and "Quaternions" (1994).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.operations import derivative
from warpsmith.grammar.operations.derivative import Gradients, OperationStep, vee
from warpsmith.grammar.operations.values import array, cross, dot, dtype_of
from warpsmith.grammar.operations.vector import cross_of_sizes

# --- meanings --------------------------------------------------------------------------------------------------------


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


def rotate(q: Any, v: Any) -> Any:
    """``(2 w² - 1) v + 2 (u·v) u + 2 w u x v`` for ``q = (u, w)``."""
    u, w, two = q[:3], q[3], dtype_of(q)(2)
    return v * (two * w * w - dtype_of(q)(1)) + u * (two * dot(u, v)) + cross(u, v) * w * two


def rotate_inverse(q: Any, v: Any) -> Any:
    """:func:`rotate` by the conjugate."""
    return rotate(conjugate(q), v)


def to_matrix(q: Any) -> Any:
    """The matrix whose columns are the rotated unit vectors."""
    return np.stack([rotate(q, e) for e in np.eye(3, dtype=dtype_of(q))], 1)


# --- majorants -------------------------------------------------------------------------------------------------------


_HAMILTON = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2], [0, 1, 2, 3]])
"""Which component of b meets the components of a, in each component of their product."""


def product_of_sizes(a: Any, b: Any) -> Any:
    """The majorant of :func:`multiply`."""
    return b[_HAMILTON] @ a


def rotation_of_sizes(q: Any, v: Any) -> Any:
    """The majorant of :func:`rotate`: ``(2 w² - 1) v + 2 (u·v) u + 2 w u x v``."""
    u, w = q[:3], float(q[3])
    return v * (2 * w * w + 1) + u * (2 * float(u.dot(v))) + cross_of_sizes(u, v) * (2 * w)


# --- derivatives -----------------------------------------------------------------------------------------------------


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


CONJUGATE = np.array([-1.0, -1.0, -1.0, 1.0])
"""Its product with a quaternion, component by component, is the conjugate."""


def of_quaternions(a: Any, b: Any, g: Any) -> tuple[Any, Any]:
    """Of the product of quaternions."""
    return hamilton(g, b * CONJUGATE), hamilton(a * CONJUGATE, g)


def of_rotation(q: Any, v: Any, g: Any) -> tuple[Any, Any]:
    """For ``(2 w² - 1) v + 2 (u·v) u + 2 w u x v`` with ``q = (u, w)``."""
    u, w = q[:3], float(q[3])
    along, onto = float(u.dot(v)), float(u.dot(g))
    bent = derivative.cross(v, g)
    of_q = np.empty(4)
    of_q[:3] = 2 * (along * g + onto * v + w * bent)
    of_q[3] = 4 * w * v.dot(g) + 2 * u.dot(bent)  # g·(u x v) = u·(v x g)
    return of_q, (2 * w * w - 1) * g + 2 * onto * u + 2 * w * derivative.cross(g, u)


def of_matrix(q: Any, g: Any) -> Any:
    """For ``(2 w² - 1) + 2 u u' + 2 w [u]``, where ``[u] x`` is ``u x x``."""
    u, w = q[:3], float(q[3])
    twist = vee(g)
    of_q = np.empty(4)
    of_q[:3] = 2 * (g @ u + u @ g + w * twist)
    of_q[3] = 4 * w * np.trace(g) + 2 * u.dot(twist)
    return of_q


def product_rule(step: OperationStep, g: Any) -> Gradients:
    """Of :func:`multiply`."""
    a, b = step.operands
    return of_quaternions(a, b, g)
