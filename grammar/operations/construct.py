"""Constructors, choice, and parts of values: builtins that take types or lengths, and constructs of the language.

Calling forms, where a Warp type is an argument: ``identity(n, dtype)``, ``quat_identity(dtype)``,
``transform_identity(dtype)``, ``vector(*values, length=, dtype=)``, ``matrix(*values, shape=, dtype=)``,
``quaternion(*values, dtype=)``, ``transformation(*values, dtype=)``, ``spatial_vector(*values, dtype=)``; ``dtype`` is
a scalar type of :mod:`grammar.types`, and one that is left out is the values' own, or float32 where there are none, as
in Warp.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.conversion import cast_to
from warpsmith.grammar.operations.derivative import Gradients, OperationStep, Rule, is_number, zero
from warpsmith.grammar.operations.operation import Operation, Slope
from warpsmith.grammar.operations.rounding import EXACT
from warpsmith.grammar.operations.values import DTYPES, dtype_of, plain
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def _kind(dtype: Value | None, values: tuple[Any, ...]) -> type[Any]:
    return DTYPES[dtype] if dtype is not None else dtype_of(values[0]) if values else np.float32


def _filled(shape: tuple[int, ...], values: tuple[Any, ...], dtype: Value | None) -> Any:
    """Zeros, one value everywhere, a converted copy, or one value per component."""
    flat = np.concatenate([np.ravel(v) for v in values]) if values else np.zeros(1, _kind(dtype, values))
    if dtype is not None and flat.dtype.type is not DTYPES[dtype]:
        flat = np.array([cast_to(dtype)(x) for x in flat], DTYPES[dtype])
    return np.array(np.broadcast_to(flat, shape) if flat.size == 1 else flat.reshape(shape))


def vector(*values: Any, length: int | None = None, dtype: Value | None = None) -> Any:
    """A vector of ``length``: zero, filled, converted, or from components."""
    return _filled((sum(map(np.size, values)) if length is None else length,), values, dtype)


def matrix(*values: Any, shape: tuple[int, int] | None = None, dtype: Value | None = None) -> Any:
    """A matrix of ``shape``: zero, filled, converted, or from components in row order."""
    return _filled(np.shape(values[0]) if shape is None else shape, values, dtype)


def quaternion(*values: Any, dtype: Value | None = None) -> Any:
    """Zero (not the identity), four components, a vector and a scalar part, or a converted copy."""
    return _filled((4,), values, dtype)


def transformation(*values: Any, dtype: Value | None = None) -> Any:
    """Zero, filled, seven components, a position with or without a rotation, or a copy."""
    if len(values) == 1 and np.shape(values[0]) == (3,):
        values = (*values, np.array([0, 0, 0, 1], dtype_of(values[0])))
    return _filled((7,), values, dtype)


def spatial_vector(*values: Any, dtype: Value | None = None) -> Any:
    """Zero, six components, or the angular and the linear part."""
    return _filled((6,), values, dtype)


def identity(n: int, dtype: Value | None = None) -> Any:
    """The ``n`` by ``n`` identity matrix."""
    return np.eye(int(n), dtype=_kind(dtype, ()))


def quat_identity(dtype: Value | None = None) -> Any:
    """The quaternion of no rotation."""
    return np.array([0, 0, 0, 1], _kind(dtype, ()))


def transform_identity(dtype: Value | None = None) -> Any:
    """No translation and no rotation."""
    return np.array([0, 0, 0, 0, 0, 0, 1], _kind(dtype, ()))


def where(condition: Any, value_if_true: Any, value_if_false: Any) -> Any:
    """One of two values; both have been evaluated."""
    return plain(np.array(value_if_true if condition else value_if_false))


def stored(value: Any, target: Any, *at: Any) -> Any:
    """A copy of ``target`` a part of which is ``value``."""
    changed = np.array(target)
    changed[at] = value
    return changed


# --- derivatives -----------------------------------------------------------------------------------------------------


def _joining_rule(operands: tuple[Value, ...]) -> Rule:
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


def _index_rule(operands: tuple[Value, ...]) -> Rule:
    extent, labels = types.shape(operands[0]), _labels(operands[0], 1)

    def subscript(step: OperationStep, g: Any) -> Gradients:
        gradient = np.zeros(extent)
        gradient[step.operands[1:]] = g
        return gradient, *(None,) * (len(operands) - 1)

    def attribute(step: OperationStep, g: Any) -> Gradients:
        """Which component ``.x`` or ``.p`` is, the meaning tells when it is given their numbers."""
        gradient = np.zeros(labels.size)
        gradient[np.asarray(step.f(labels), np.intp) - 1] = g
        return (gradient.reshape(extent),)

    return subscript if len(operands) > 1 else attribute


def _store_rule(operands: tuple[Value, ...]) -> Rule:
    """A value, what a part of is replaced by it, and indices; the result is the changed whole."""
    marked = [_labels(t, sign) for t, sign in zip(operands[:2], (-1, 1), strict=True)]

    def rule(step: OperationStep, g: Any) -> Gradients:
        origin = np.ravel(step.f(*marked, *step.operands[2:])).astype(np.intp)
        of_value, of_target, flat = np.zeros(marked[0].size), np.zeros(marked[1].size), g.ravel()
        of_value[-1 - origin[origin < 0]] = flat[origin < 0]
        of_target[origin[origin > 0] - 1] = flat[origin > 0]
        value = of_value.reshape(marked[0].shape) if marked[0].ndim else float(of_value[0])
        return value, of_target.reshape(marked[1].shape), *(None,) * (len(operands) - 2)

    return rule


def _where_rule(operands: tuple[Value, ...]) -> Rule:
    def rule(step: OperationStep, g: Any) -> Gradients:
        condition, a, b = step.operands
        return (None, g, zero(b)) if condition else (None, zero(a), g)

    return rule


# --- records ---------------------------------------------------------------------------------------------------------


def _constructor(name: str, meaning: Any = None, makes: str = "", *, rearranges: bool = False) -> Operation:
    return Operation(
        name,
        meaning,
        rounding=EXACT,
        rearranges=rearranges,
        derivative=_joining_rule,
        slope=Slope.CONSTANT,
        makes=makes,
    )


CONSTRUCT = (
    _constructor("vector", vector, "vec"),
    _constructor("matrix", matrix, "mat"),
    _constructor("quaternion", quaternion, "quat"),
    _constructor("transformation", transformation, "transform"),
    _constructor("spatial_vector", spatial_vector, rearranges=True),
    Operation("identity", identity, constant=True),
    Operation("quat_identity", quat_identity, constant=True),
    Operation("transform_identity", transform_identity, constant=True),
    Operation("where", where, derivative=_where_rule, slope=Slope.CONSTANT),
    # constructs of the language
    Operation("conditional", where, derivative=_where_rule, sparse=True),
    _constructor("construct"),
    Operation("index", lambda value, *at: value[at], derivative=_index_rule, slope=Slope.CONSTANT),
    Operation("attribute", derivative=_index_rule, slope=Slope.CONSTANT),
    Operation("store", stored, derivative=_store_rule, slope=Slope.CONSTANT),
    Operation("store attribute", derivative=_store_rule, slope=Slope.CONSTANT),
)
