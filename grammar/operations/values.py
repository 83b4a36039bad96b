"""How Warp's values look in NumPy, and the few helpers that every meaning is written with.

A scalar is a NumPy scalar of the exact dtype, a vector an array ``(n,)``, a matrix ``(r, c)``, a quaternion ``(4,)`` in
x, y, z, w order, a transform ``(7,)``: position, then rotation. NumPy has no bfloat16: such a value is the
``np.float32`` that equals it. Whether a float32 is one, its Warp type says; a record's methods know the types and
round the results that are bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.types import Value

Meaning: TypeAlias = Callable[..., Any]
"""``evaluate(*operands) -> value``; several results are a tuple."""

DTYPES: dict[Value, type[Any]] = {
    t: {"bool": np.bool_, "bfloat16": np.float32}.get(types.name(t)) or getattr(np, types.name(t))
    for t in types.SCALARS
}
"""The NumPy scalar type that holds a Warp scalar; ``np.float32`` for bfloat16."""


def dtype_of(x: Any) -> type[Any]:
    """The NumPy scalar type of a value's components."""
    dtype = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    return dtype.type


def is_float(x: Any) -> bool:
    """Whether the components are floating-point numbers."""
    return issubclass(dtype_of(x), np.floating)


def plain(x: Any) -> Any:
    """A 0-d array as the scalar it holds; anything else as it is."""
    return x[()] if isinstance(x, np.ndarray) else x


def round_bfloat16(x: Any) -> Any:
    """Rounds float32 values to the nearest bfloat16, ties to even (the upper half of an IEEE binary32)."""
    f = np.asarray(x, np.float32)
    bits = f.view(np.uint32)
    tie_to_even = (bits >> np.uint32(16)) & np.uint32(1)
    up = ((bits + np.uint32(0x7FFF) + tie_to_even) & np.uint32(0xFFFF0000)).astype(np.uint32)
    return plain(np.where(np.isfinite(f), up.view(np.float32), f))


def widen(x: Any) -> Any:
    """The precision that C computes in: half as float32, the others as they are."""
    return plain(np.asarray(x).astype(np.float32)) if dtype_of(x) is np.float16 else x


def narrow(x: Any, like: Any) -> Any:
    """``x`` rounded to the dtype of ``like``."""
    return plain(np.asarray(x).astype(dtype_of(like)))


def through_float(f: Meaning) -> Meaning:
    """``f`` computed in float32 for halves and rounded once, as C's ``(half)f((float)x)``."""
    return lambda *xs: narrow(f(*map(widen, xs)), xs[0])


def through_double(f: Callable[..., float]) -> Meaning:
    """``f`` on Python floats (C doubles), rounded to the operand's dtype."""
    return lambda *xs: dtype_of(xs[0])(f(*map(float, xs)))


def sequential_sum(terms: Any) -> Any:
    """The sum along the first axis, left to right and rounded at every step, as a C loop does."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def dot(a: Any, b: Any) -> Any:
    """The sum of the products of all components, in storage order."""
    return sequential_sum((a * b).ravel())


def cross(a: Any, b: Any) -> Any:
    """The cross product of two 3D vectors."""
    return a[[1, 2, 0]] * b[[2, 0, 1]] - a[[2, 0, 1]] * b[[1, 2, 0]]


def array(parts: Any, like: Any) -> Any:
    """An array of ``parts`` in the dtype of ``like``."""
    return np.array(parts, dtype_of(like))
