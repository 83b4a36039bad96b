"""Spatial vectors ``(w, v)`` (Featherstone 2008)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar.operations import derivative
from warpsmith.grammar.operations.derivative import Gradients, OperationStep, untyped
from warpsmith.grammar.operations.operation import Operation, rearranging
from warpsmith.grammar.operations.quaternion import of_rotation, rotate
from warpsmith.grammar.operations.transform import part_of
from warpsmith.grammar.operations.values import cross
from warpsmith.grammar.operations.vector import bilinear, cross_of_sizes, scalar_product

# --- meanings --------------------------------------------------------------------------------------------------------


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


# --- majorants -------------------------------------------------------------------------------------------------------


def _motion_sizes(a: Any, b: Any) -> Any:
    return np.concatenate((cross_of_sizes(a[:3], b[:3]), cross_of_sizes(a[3:], b[:3]) + cross_of_sizes(a[:3], b[3:])))


def _force_sizes(a: Any, b: Any) -> Any:
    return np.concatenate((cross_of_sizes(a[:3], b[:3]) + cross_of_sizes(a[3:], b[3:]), cross_of_sizes(a[:3], b[3:])))


# --- derivatives -----------------------------------------------------------------------------------------------------


def _velocity_rule(step: OperationStep, g: Any) -> Gradients:
    qd, r = step.operands
    return np.concatenate((derivative.cross(r, g), g)), derivative.cross(g, qd[:3])


def _cross_motion_rule(step: OperationStep, g: Any) -> Gradients:
    (a, c), (b, d), (p, q) = map(_halves, (*step.operands, g))
    return np.concatenate((derivative.cross(b, p) + derivative.cross(d, q), derivative.cross(b, q))), np.concatenate(
        (derivative.cross(p, a) + derivative.cross(q, c), derivative.cross(q, a))
    )


def _cross_force_rule(step: OperationStep, g: Any) -> Gradients:
    (a, c), (b, d), (p, q) = map(_halves, (*step.operands, g))
    return np.concatenate((derivative.cross(b, p) + derivative.cross(d, q), derivative.cross(d, p))), np.concatenate(
        (derivative.cross(p, a), derivative.cross(p, c) + derivative.cross(q, a))
    )


def _halves(x: Any) -> tuple[Any, Any]:
    return x[:3], x[3:]


def _carried_rule(first: int, step: OperationStep, g: Any) -> Gradients:
    """Twists and wrenches: both halves turned, and to the other the position x the half that begins at ``first``."""
    t, x = step.operands
    other, q = 3 - first, t[3:]
    turned, of_other = step.result[first : first + 3], g[other : other + 3]
    of_q, of_first = of_rotation(q, x[first : first + 3], g[first : first + 3] + derivative.cross(of_other, t[:3]))
    of_q_too, of_second = of_rotation(q, x[other : other + 3], of_other)
    of_x = np.empty(6)
    of_x[first : first + 3], of_x[other : other + 3] = of_first, of_second
    return np.concatenate((derivative.cross(turned, of_other), of_q + of_q_too)), of_x


def _blocks_rule(step: OperationStep, g: Any) -> Gradients:
    """``[[r, 0], [s, r]]``."""
    return g[:3, :3] + g[3:, 3:], g[3:, :3]


# --- records ---------------------------------------------------------------------------------------------------------


SPATIAL = (
    scalar_product("spatial_dot"),
    bilinear("spatial_cross", cross_motion, _cross_motion_rule, _motion_sizes),
    bilinear("spatial_cross_dual", cross_force, _cross_force_rule, _force_sizes),
    part_of("spatial_top", slice(0, 3)),
    part_of("spatial_bottom", slice(3, 6)),
    rearranging("spatial_adjoint", adjoint, _blocks_rule),
    Operation(
        "velocity_at_point", lambda qd, r: qd[3:] + cross(qd[:3], r), derivative=untyped(_velocity_rule), sparse=True
    ),
    Operation("transform_twist", twist, derivative=untyped(partial(_carried_rule, 0)), sparse=True),
    Operation("transform_wrench", wrench, derivative=untyped(partial(_carried_rule, 3)), sparse=True),
)
