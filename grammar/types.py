"""The types of Warp's kernel language, as Warp's own Python types.

A value type is Warp's class itself (``wp.float32``, ``wp.vec3f``, ``wp.quatd``), in one canonical form: ``int`` becomes
``wp.int32``, and an anonymous ``vector(3, float32)`` the predefined ``wp.vec3f``. An array is an :class:`Array`,
several results are a Python tuple of types, and no result is ``None``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias

import warp as wp

Value: TypeAlias = type
"""A Warp value type in canonical form."""


@dataclass(frozen=True)
class Array:
    """``wp.array`` of ``ndim`` dimensions (1 to 4) whose elements have the value type ``dtype``."""

    dtype: Value
    ndim: int = 1


@dataclass(frozen=True)
class Local:
    """What ``wp.zeros(shape=..., dtype=...)`` makes in a kernel: an array of that constant shape, local to a thread."""

    dtype: Value
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Tile:
    """A tile: what the threads of a block hold together, of a shape that is known at compile time."""

    dtype: Value
    shape: tuple[int, ...]


Type: TypeAlias = "Value | Array"
Result: TypeAlias = "Value | tuple[Value, ...] | None"

SIGNED: tuple[Value, ...] = (wp.int32, wp.int8, wp.int16, wp.int64)
UNSIGNED: tuple[Value, ...] = (wp.uint32, wp.uint8, wp.uint16, wp.uint64)
INTEGERS: tuple[Value, ...] = SIGNED + UNSIGNED
FLOATS: tuple[Value, ...] = (wp.float32, wp.float64, wp.float16, wp.bfloat16)
SCALARS: tuple[Value, ...] = (wp.float32, wp.int32, wp.bool, *FLOATS[1:], *INTEGERS[1:])
"""Every scalar type; the simplest first, because shrinking goes there."""

BITS: dict[Value, int] = {t: int("".join(filter(str.isdigit, t.__name__))) for t in (*INTEGERS, *FLOATS)}
"""Width of each integer and floating-point type."""

_PYTHON: dict[Any, Value] = {int: wp.int32, float: wp.float32, bool: wp.bool}


def is_scalar(t: object) -> bool:
    """Whether ``t`` is one of :data:`SCALARS`."""
    return t in _SCALAR_SET


_SCALAR_SET = frozenset(SCALARS)


def is_composite(t: object) -> bool:
    """Whether ``t`` is a vector, matrix, quaternion or transform type."""
    return isinstance(t, type) and hasattr(t, "_wp_scalar_type_") and hasattr(t, "_shape_")


@cache
def kind(t: Value) -> str:
    """One of ``bool``, ``int``, ``float``, ``vec``, ``mat``, ``quat``, ``transform``, ``struct``.

    Raises:
        TypeError: ``t`` is not a value type.
    """
    if is_composite(t):
        return {"vec_t": "vec", "mat_t": "mat", "quat_t": "quat", "transform_t": "transform"}[_base_name(t)]
    if t is wp.bool:
        return "bool"
    if t in INTEGERS:
        return "int"
    if t in FLOATS:
        return "float"
    if is_struct(t):
        return "struct"
    raise TypeError(f"not a value type: {t!r}")


def is_struct(t: Any) -> bool:
    """Whether ``t`` is a struct type."""
    return hasattr(t, "_warpsmith_fields")


def _base_name(t: Any) -> str:
    for base in t.__mro__:
        if base.__name__ in ("vec_t", "mat_t", "quat_t", "transform_t"):
            return str(base.__name__)
    raise TypeError(f"not a value type: {t!r}")


@cache
def scalar(t: Value) -> Value:
    """The component type of ``t``; a scalar is its own."""
    return canonical(t._wp_scalar_type_) if is_composite(t) else t  # type: ignore[attr-defined]


@cache
def shape(t: Value) -> tuple[int, ...]:
    """Component shape: ``()`` for a scalar, ``(3,)`` for a vec3, ``(7,)`` for a transform, ``(r, c)`` for a matrix."""
    return tuple(t._shape_) if is_composite(t) else ()  # type: ignore[attr-defined]


def _predefined() -> dict[tuple[str, tuple[int, ...], Value], Value]:
    table: dict[tuple[str, tuple[int, ...], Value], Value] = {}
    for name in sorted(vars(wp)):
        t = getattr(wp, name)
        if is_composite(t) and t._wp_scalar_type_ in SCALARS:
            table[_base_name(t).removesuffix("_t"), tuple(t._shape_), t._wp_scalar_type_] = t
    return table


_BY_STRUCTURE = _predefined()


def find(kind_: str, shape_: tuple[int, ...], scalar_: Value) -> Value | None:
    """The predefined composite type of that structure, or ``None``."""
    return _BY_STRUCTURE.get((kind_, shape_, scalar_))


def the(kind_: str, shape_: tuple[int, ...], scalar_: Value) -> Value:
    """The predefined composite type of that structure.

    Raises:
        KeyError: there is none.
    """
    return _BY_STRUCTURE[kind_, shape_, scalar_]


def canonical(t: Any) -> Value:
    """The canonical form of a Warp or Python type.

    Raises:
        TypeError: ``t`` is not a value type, or none that is predefined.
    """
    if t in _PYTHON:
        return _PYTHON[t]
    if t in _SCALAR_SET:
        return t  # type: ignore[no-any-return]
    if is_composite(t):
        found = _BY_STRUCTURE.get((_base_name(t).removesuffix("_t"), tuple(t._shape_), t._wp_scalar_type_))
        if found is not None:
            return found
    raise TypeError(f"not a predefined value type: {t!r}")


COMPOSITES: tuple[Value, ...] = tuple(
    sorted(
        _BY_STRUCTURE.values(),
        key=lambda t: (SCALARS.index(scalar(t)), ("vec", "mat", "quat", "transform").index(kind(t)), shape(t)),
    )
)
"""The predefined vector, matrix, quaternion and transform types; the simplest first."""

VALUES: tuple[Value, ...] = SCALARS + COMPOSITES
"""Every value type that a program can name without making a new one."""


def name(t: Type | Tile | tuple[Type | Tile, ...] | None) -> str:
    """A short stable name: ``float32``, ``vec3f``, ``array2d[vec3f]``, ``(mat33f, vec3f)``."""
    if t is None:
        return "None"
    if isinstance(t, tuple):
        return "(" + ", ".join(map(name, t)) + ")"
    if isinstance(t, Array):
        return f"array{t.ndim}d[{name(t.dtype)}]"
    if isinstance(t, Local):
        return f"local{list(t.shape)}[{name(t.dtype)}]"
    if isinstance(t, Tile):
        return f"tile{list(t.shape)}[{name(t.dtype)}]"
    return str(t.__name__)


def spelling(t: Type) -> str:
    """How a program writes the type: ``wp.vec3f``, ``wp.array2d(dtype=wp.vec3f)``."""
    if isinstance(t, Array):
        prefix = "wp.array" if t.ndim == 1 else f"wp.array{t.ndim}d"
        return f"{prefix}(dtype={spelling(t.dtype)})"
    return t.__name__ if kind(t) == "struct" or is_own(t) else f"wp.{t.__name__}"


def signature(builtin: str, *operands: Type | Tile) -> str:
    """What the production of a builtin is called for operands of those types: ``dot(vec3f, vec3f)``."""
    return f"{builtin}({', '.join(map(name, operands))})"


def struct(name_: str, fields_: dict[str, Value]) -> Value:
    """The struct type of that name with those fields, in that order."""
    return _struct(name_, tuple(fields_.items()))


@lru_cache(maxsize=1 << 12)
def _struct(name_: str, fields_: tuple[tuple[str, Value], ...]) -> Value:
    return type(name_, (), {"_warpsmith_fields": dict(fields_)})


def is_own(t: Any) -> bool:
    """Whether ``t`` is a vector or matrix type of a program's own."""
    return hasattr(t, "_warpsmith_own")


def fields(t: Value) -> dict[str, Value]:
    """A struct type's fields, in order."""
    return dict(t._warpsmith_fields)  # type: ignore[attr-defined]


@cache
def query(name_: str) -> Value:
    """The type of that name whose values are iterated over: what a query of an object yields."""
    return type(name_, (), {"_warpsmith_query": True})


def is_query(t: Any) -> bool:
    """Whether values of ``t`` are iterated over."""
    return hasattr(t, "_warpsmith_query")


def by_name(text: str) -> Value:
    """The value type of that :func:`name`.

    Raises:
        KeyError: there is none.
    """
    return BY_NAME[text]


BY_NAME = {name(t): t for t in VALUES}
"""Every value type by its name."""

_SHAPES: tuple[tuple[int, ...], ...] = ((5,), (7,), (8,), (2, 3), (3, 2), (2, 4), (3, 4), (4, 3), (5, 5))
_LETTERS = {wp.float32: "f", wp.float64: "d", wp.int32: "i", wp.bool: "bool"}


def _made(shape_: tuple[int, ...], scalar_: Value) -> Value:
    base = wp.types.vector(shape_[0], scalar_) if len(shape_) == 1 else wp.types.matrix(shape_, scalar_)
    label = f"{'vec' if len(shape_) == 1 else 'mat'}{''.join(map(str, shape_))}{_LETTERS[scalar_]}"
    return type(label, (base,), {"_warpsmith_own": True})


OWN: tuple[Value, ...] = (
    *(_made(shape_, part) for part in (wp.float32, wp.float64, wp.int32) for shape_ in _SHAPES),
    *(_made((n,), wp.bool) for n in (2, 3, 4)),
)
"""Vector and matrix types that a program makes for itself, with ``wp.types.vector`` and ``wp.types.matrix``."""

_OWN_BY_STRUCTURE = {(kind(t), shape(t), scalar(t)): t for t in OWN}


def of_structure(kind_: str, shape_: tuple[int, ...], scalar_: Value) -> Value | None:
    """The composite type of that structure, predefined or a program's own, or ``None``."""
    return find(kind_, shape_, scalar_) or _OWN_BY_STRUCTURE.get((kind_, shape_, scalar_))


@cache
def differentiable(t: Type | Tile) -> bool:
    """Whether values of the type, or elements of the array, have derivatives: floats are among their components."""
    if isinstance(t, (Array, Local, Tile)):
        return differentiable(t.dtype)
    return any(map(differentiable, fields(t).values())) if kind(t) == "struct" else scalar(t) in FLOATS


def components(t: Value) -> Iterator[tuple[int, ...]]:
    """Every index of a component, in storage order."""
    extent = shape(t)
    if len(extent) == 1:
        yield from ((i,) for i in range(extent[0]))
    elif extent:
        yield from ((i, j) for i in range(extent[0]) for j in range(extent[1]))
