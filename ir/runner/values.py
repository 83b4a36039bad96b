"""Launch arguments and arrays, by the types that a kernel's annotations name."""

from __future__ import annotations

from typing import Any

import numpy as np


def value_of(kind: Any, data: Any) -> Any:
    """A launch argument that is no array: a scalar, a composite, or a struct, field by field."""
    if data.dtype.names is None:
        return kind(*data.ravel().tolist())
    made = kind()
    for name in data.dtype.names:
        setattr(made, name, value_of(kind.cls.__annotations__[name], data[name]))
    return made


def parts(kind: Any, argument: Any) -> list[tuple[int, Any]]:
    """The numbers of the arguments that a parameter is given, with their types.

    Args:
        kind: the parameter's type.
        argument: one number; or of a struct, each field's path and number.
    """
    return [(argument, kind)] if isinstance(argument, int) else [(n, _field(kind, path)) for path, n in argument]


def _field(kind: Any, path: str) -> Any:
    for name in path.split("."):
        kind = kind.cls.__annotations__[name]
    return kind


def assembled(kind: Any, argument: Any, values: list[Any]) -> Any:
    """What a parameter is given: a value, or a struct that is made of several."""
    if isinstance(argument, int):
        return values[argument]
    made = kind()
    for path, number in argument:
        *outer, name = path.split(".")
        inner = made
        for field in outer:
            inner = getattr(inner, field)
        setattr(inner, name, values[number])
    return made


def recorded(data: Any, dtype: Any) -> Any:
    """Records as Warp lays them out."""
    made = np.zeros(data.shape, dtype)
    for name in data.dtype.names:
        inner = dtype[name].names is not None
        made[name] = recorded(data[name], dtype[name]) if inner else data[name]
    return made


def is_array(kind: Any) -> bool:
    """Whether an annotation is an array's."""
    # wp.array(dtype=...) is an instance of wp.array, wp.array[...] is not; both know their dimensions.
    return hasattr(kind, "ndim")


def is_indexed(kind: Any) -> bool:
    """Whether an annotation is that of an array which stands for some elements of another one."""
    return "indexedarray" in type(kind).__name__.lower()  # of wp.indexedarray[...], _IndexedArrayAnnotation


def scalar(dtype: Any) -> Any:
    """The type of a composite's components; a scalar type itself."""
    return getattr(dtype, "_wp_scalar_type_", dtype)
