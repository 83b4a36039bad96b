"""Constructors, casts between representations, and choice: builtins that take types, lengths or conditions.

Calling forms, where a Warp type is an argument: ``identity(n, dtype)``, ``quat_identity(dtype)``,
``transform_identity(dtype)``, ``vector(*values, length=, dtype=)``, ``matrix(*values, shape=, dtype=)``,
``quaternion(*values, dtype=)``, ``transformation(*values, dtype=)``, ``spatial_vector(*values, dtype=)``,
``cast(value, target, source)``; ``dtype``, ``target`` and ``source`` are scalar types of :mod:`grammar.types`, and a
``dtype`` that is left out is the values' own, or float32 where there are none, as in Warp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.meanings.scalar import cast_to
from warpsmith.grammar.meanings.values import DTYPES, Meaning, dtype_of, plain
from warpsmith.grammar.types import Value


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


def cast(value: Any, target: Value, source: Value | None = None) -> Any:
    """The value with the same bits; ``source`` has to be named where it is bfloat16."""
    bits = np.asarray(value)
    if source is not None and source.__name__ == "bfloat16":
        bits = (bits.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    if target.__name__ == "bfloat16":
        return plain((bits.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32))
    return plain(bits.view(DTYPES[target]))


def where(condition: Any, value_if_true: Any, value_if_false: Any) -> Any:
    """One of two values; both have been evaluated."""
    return plain(np.array(value_if_true if condition else value_if_false))


CONSTRUCT: dict[str, Meaning] = {
    "vector": vector,
    "matrix": matrix,
    "quaternion": quaternion,
    "transformation": transformation,
    "spatial_vector": spatial_vector,
    "identity": identity,
    "quat_identity": quat_identity,
    "transform_identity": transform_identity,
    "matrix_from_cols": lambda *columns: np.stack(columns, 1),
    "matrix_from_rows": lambda *rows: np.stack(rows),
    "cast": cast,
    "where": where,
    "len": lambda a: np.int32(len(a)),
    "lower_bound": lambda arr, value: np.int32(np.searchsorted(arr, value)),
}
"""Meanings of the constructors and their like, by name."""
