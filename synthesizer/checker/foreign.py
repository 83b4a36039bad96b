"""Between the checker's types and Warp's own, for builtins whose rules only Warp's registry has."""

from __future__ import annotations

from functools import cache
from typing import Any

from warpsmith.grammar import registry, types
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import (
    SHAPE,
    SLICE,
    STRING,
    UNKNOWN,
    Builtin,
    Described,
    FixedArray,
    OtherArray,
    RefType,
    StructType,
    TileType,
    TupleType,
    TypeRef,
    Var,
    dtype_of,
    family,
    matrix,
    shape_of,
    vector,
)

SHAPE_TYPE: Any = registry.members(registry.array_type(float, 1))["shape"]
"""Warp's own type of ``array.shape``."""

_structs: dict[StructType, Any] = {}


class NotTold(Exception):
    """Something that Warp's rules need is not known."""


def to_warp(t: Any) -> Any:
    """Warp's own form of a type.

    Raises:
        NotTold: a part of it is not known.
    """
    if isinstance(t, StructType):
        if t not in _structs:
            _structs[t] = registry.struct_type(t.label, t)
        return _structs[t]
    if isinstance(t, (TileType, Described)):
        return t.origin
    if isinstance(t, TupleType):
        return registry.tuple_type(tuple(registry.operand(to_warp(i)) for i in t.types))
    return _to_warp(t)


@cache
def _to_warp(t: Any) -> Any:
    if isinstance(t, (Array, OtherArray)):
        return registry.array_type(to_warp(t.dtype), t.ndim, t.kind if isinstance(t, OtherArray) else "array")
    if isinstance(t, FixedArray):
        if None in t.shape:
            raise NotTold
        return registry.local_array_type(to_warp(t.dtype), t.shape)  # type: ignore[arg-type]
    if t is STRING:
        return str
    if t is SHAPE:
        return SHAPE_TYPE
    if isinstance(t, RefType):
        return to_warp(t.type)
    if isinstance(t, type):
        return t
    raise NotTold


def operand(found: Any, exact: bool) -> Any:
    """Warp's own form of an argument.

    Args:
        found: a value or an object of the compiler.
        exact: whether the values of constants matter.

    Raises:
        NotTold: it is not known.
    """
    if registry.is_operand(found):
        return found
    if isinstance(found, TypeRef):
        return found.origin or to_warp(found.type)
    if isinstance(found, Builtin):
        return registry.function(found.name)
    if not isinstance(found, Var) or found.type is UNKNOWN or found.type is SLICE:
        raise NotTold
    if isinstance(found.type, TupleType) and found.elements is not None:
        return registry.operand(registry.tuple_type(tuple(operand(e, exact) for e in found.elements)))
    known = isinstance(found.constant, (bool, int, float, str))
    if exact and found.constant is not None and not known:
        raise NotTold
    return registry.operand(to_warp(found.type), found.constant if known else None)


def from_warp(t: Any) -> Any:
    """The checker's form of a type of Warp's; a tuple of them for several, None for nothing."""
    if t is None:
        return None
    if isinstance(t, tuple):
        return tuple(map(from_warp, t))
    known = _PYTHON.get(t) if isinstance(t, type) else None
    if known is not None:
        return known
    if isinstance(t, type):
        if t is SHAPE_TYPE:
            return SHAPE
        if family(t) in ("vec", "mat"):
            # Warp makes a class anew for each use of a size that is not predefined.
            make = vector if family(t) == "vec" else matrix
            return make(*shape_of(t), dtype_of(t))
        try:
            return types.canonical(t)
        except TypeError:
            return t
    return _from_parts(registry.parts(t))


_PYTHON = {int: types.canonical(int), float: types.canonical(float), bool: types.canonical(bool), str: STRING}


def _from_parts(found: registry.Parts) -> Any:
    if found.kind == "reference":
        return from_warp(found.inner[0])
    if found.kind == "struct":
        return found.origin if isinstance(found.origin, StructType) else UNKNOWN
    if found.kind == "tuple":
        return TupleType(tuple(map(from_warp, found.inner)))
    if found.kind == "tile":
        return TileType(from_warp(found.inner[0]), found.extents, found.origin)
    if found.kind == "fixedarray":
        return FixedArray(from_warp(found.inner[0]), found.extents)
    if found.kind == "array":
        return Array(from_warp(found.inner[0]), found.extents[0])
    if found.kind.endswith("array"):
        return OtherArray(from_warp(found.inner[0]), found.extents[0], found.kind)
    if found.kind == "slice":
        return SLICE
    if isinstance(found.origin, type):
        return from_warp(found.origin)
    inner = tuple(map(from_warp, found.inner))  # structs of two files may have one name
    return UNKNOWN if found.label == "" else Described(found.label, found.origin, inner)


@cache
def members(t: Any) -> dict[str, Any]:
    """Attributes of a class of Warp's that kernels can read, with their types."""
    return {k: from_warp(v) for k, v in registry.members(t).items()} if isinstance(t, type) and not family(t) else {}


def erased(t: Any) -> Any:
    """What a kind of query is once it is not known which it is."""
    return registry.erased(t) if isinstance(t, type) and not family(t) else t


__all__ = ["NotTold", "erased", "from_warp", "members", "operand", "to_warp"]
