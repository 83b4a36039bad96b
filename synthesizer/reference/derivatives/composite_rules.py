"""Exact derivatives of what makes, takes apart, measures and multiplies vectors and matrices; see ``rules.py``.

Of matrices: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.derivatives.rotation_rules import composition, of_quaternions
from warpsmith.synthesizer.reference.derivatives.rules import (
    SCALE,
    Gradients,
    Kink,
    Maker,
    Rule,
    Step,
    cross,
    is_number,
    near,
    of_direction,
    plain,
    vee,
    weighted,
)

# --- made and taken apart ------------------------------------------------------------------------------------------


def _joining(operands: tuple[Value, ...]) -> Rule:
    """Constructors: one number for every component, or the operands' components one after the other."""
    if not all(map(is_number, operands)):
        ends = np.cumsum([math.prod(types.shape(t)) for t in operands]).tolist()
        slots = list(zip(operands, (0, *ends[:-1]), ends, strict=True))
        return lambda step, g: tuple(
            float(g.ravel()[i]) if is_number(t) else g.ravel()[i:j].reshape(types.shape(t)) for t, i, j in slots
        )
    if len(operands) == 1:
        return lambda step, g: (float(np.sum(g)),)
    return lambda step, g: tuple(g.ravel().tolist())


def _labels(t: Value, sign: int) -> Any:
    """A value whose components are their own numbers: 1, 2, 3 ... or -1, -2, -3 ..."""
    return sign * np.reshape(np.arange(1.0, 1 + math.prod(types.shape(t))), types.shape(t))


def _index(operands: tuple[Value, ...]) -> Rule:
    extent, labels = types.shape(operands[0]), _labels(operands[0], 1)

    def subscript(step: Step, g: Any) -> Gradients:
        gradient = np.zeros(extent)
        gradient[step.operands[1:]] = g
        return gradient, *(None,) * (len(operands) - 1)

    def attribute(step: Step, g: Any) -> Gradients:
        """Which component ``.x`` or ``.p`` is, the meaning tells when it is given their numbers."""
        gradient = np.zeros(labels.size)
        gradient[np.asarray(step.f(labels), np.intp) - 1] = g
        return (gradient.reshape(extent),)

    return subscript if len(operands) > 1 else attribute


def _store(operands: tuple[Value, ...]) -> Rule:
    """A value, what a part of is replaced by it, and indices; the result is the changed whole."""
    marked = [_labels(t, sign) for t, sign in zip(operands[:2], (-1, 1), strict=True)]

    def rule(step: Step, g: Any) -> Gradients:
        origin = np.ravel(step.f(*marked, *step.operands[2:])).astype(np.intp)
        of_value, of_target, flat = np.zeros(marked[0].size), np.zeros(marked[1].size), g.ravel()
        of_value[-1 - origin[origin < 0]] = flat[origin < 0]
        of_target[origin[origin > 0] - 1] = flat[origin > 0]
        value = of_value.reshape(marked[0].shape) if marked[0].ndim else float(of_value[0])
        return value, of_target.reshape(marked[1].shape), *(None,) * (len(operands) - 2)

    return rule


def _bits(step: Step, g: Any) -> Gradients:
    raise Kink("the bits of a number as another number")


def _inside(part: slice, step: Step, g: Any) -> Gradients:
    gradient = np.zeros(step.operands[0].shape)
    gradient[part] = g
    return (gradient,)


def _replaced(part: slice, step: Step, g: Any) -> Gradients:
    kept = g.copy()
    kept[part] = 0
    return kept, g[part]


def _blocks(step: Step, g: Any) -> Gradients:
    """``[[r, 0], [s, r]]``."""
    return g[:3, :3] + g[3:, 3:], g[3:, :3]


# --- measured ------------------------------------------------------------------------------------------------------


def _length(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        norm = float(step.result)
        if not norm > eps:
            raise Kink("the length of nothing")
        return (step.operands[0] * (g / norm),)

    return rule


def _normalize(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        a = step.operands[0]
        if not math.sqrt(a.dot(a)) > eps:
            raise Kink("normalize of nothing")
        return (of_direction(a, g),)

    return rule


def _norm_l1(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        v = step.operands[0]
        if not (np.abs(v) > eps).all():
            raise Kink("norm_l1 with a component at 0")
        return (g * np.sign(v),)

    return rule


# --- multiplied ----------------------------------------------------------------------------------------------------


def _product(operands: tuple[Value, ...]) -> Rule:
    first, second = operands
    if is_number(first) and is_number(second):
        return lambda step, g: (float(g) * float(step.operands[1]), float(g) * float(step.operands[0]))
    if is_number(first) or is_number(second):
        return lambda step, g: (weighted(first, g, step.operands[1]), weighted(second, g, step.operands[0]))
    if types.kind(first) == "quat":
        return _quaternions
    if types.kind(first) == "transform":
        return composition
    ranks = len(types.shape(first)), len(types.shape(second))
    return {(2, 2): _matrices, (2, 1): _matrix_vector, (1, 2): _vector_matrix}[ranks]


def _quaternions(step: Step, g: Any) -> Gradients:
    a, b = step.operands
    return of_quaternions(a, b, g)


def _matrices(step: Step, g: Any) -> Gradients:
    a, b = step.operands
    return g @ b.T, a.T @ g


def _matrix_vector(step: Step, g: Any) -> Gradients:
    a, b = step.operands
    return g[:, None] * b, g @ a


def _vector_matrix(step: Step, g: Any) -> Gradients:
    a, b = step.operands
    return b @ g, a[:, None] * g


def _cofactors(m: Any) -> Any:
    """The derivative of the determinant, of singular matrices too."""
    n = len(m)
    keep = np.array([[j for j in range(n) if j != i] for i in range(n)])
    minors = np.linalg.det(m[keep[:, None, :, None], keep[None, :, None, :]])
    return minors * (-1.0) ** np.add.outer(range(n), range(n))


def _inverse(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        m, y = step.operands[0], step.result
        if not (np.any(y) and np.abs(m).max() * np.abs(y).max() < 1 / eps):
            raise Kink("inverse of a singular matrix")
        return (-y.T @ g @ y.T,)

    return rule


COMPOSITE_RULES: dict[str, Maker] = {
    **dict.fromkeys(("vector", "matrix", "quaternion", "transformation", "spatial_vector", "construct"), _joining),
    **dict.fromkeys(("index", "attribute"), _index),
    **dict.fromkeys(("store", "store attribute"), _store),
    "cast": plain(_bits),
    "matrix_from_rows": plain(lambda step, g: tuple(g)),
    "matrix_from_cols": plain(lambda step, g: tuple(g.T)),
    "transform_get_translation": plain(partial(_inside, slice(0, 3))),
    "transform_get_rotation": plain(partial(_inside, slice(3, 7))),
    "transform_set_translation": plain(partial(_replaced, slice(0, 3))),
    "transform_set_rotation": plain(partial(_replaced, slice(3, 7))),
    "spatial_top": plain(partial(_inside, slice(0, 3))),
    "spatial_bottom": plain(partial(_inside, slice(3, 6))),
    "spatial_adjoint": plain(_blocks),
    "diag": plain(lambda step, g: (g.diagonal(),)),
    "get_diag": plain(lambda step, g: (np.diag(g),)),
    "transpose": plain(lambda step, g: (g.T,)),
    "trace": plain(lambda step, g: (g * np.eye(len(step.operands[0])),)),
    "skew": plain(lambda step, g: (vee(g),)),
    **dict.fromkeys(("length", "norm_l2"), _length),
    "length_sq": plain(lambda step, g: (step.operands[0] * (2 * g),)),
    "normalize": _normalize,
    "norm_l1": _norm_l1,
    **dict.fromkeys(("dot", "ddot", "spatial_dot"), plain(SCALE)),
    "cross": plain(lambda step, g: (cross(step.operands[1], g), cross(g, step.operands[0]))),
    "outer": plain(lambda step, g: (g @ step.operands[1], step.operands[0] @ g)),
    "mul": _product,
    "determinant": plain(lambda step, g: (g * _cofactors(step.operands[0]),)),
    **dict.fromkeys(("inverse", "inverse_approx"), _inverse),
}
"""Rules by builtin, or by construct of ours."""
