"""Arrays of numbers as values of an Arrow column, which any reader of Parquet takes apart without us.

A tensor has a name, NumPy's name of its type, a shape, and its numbers in C order: floats as float64, whole numbers and
truth values as int64. Both hold every value of their types, but that a uint64 is stored modulo 2^64. ``bfloat16``,
which NumPy lacks, is named as Warp names it. Vectors and matrices are the last axes of the shape. A struct is a tensor
for each of its fields, ``name.field``, and so is an object behind a handle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from warpsmith.grammar import types
from warpsmith.grammar.program import Argument
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.case import Data
from warpsmith.synthesizer.inputs import columns

Tensor: TypeAlias = dict[str, Any]
"""A value of :data:`TENSOR`, by field."""

TENSOR = pa.struct(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("dtype", pa.string(), nullable=False),
        pa.field("shape", pa.list_(pa.int32()), nullable=False),
        pa.field("floats", pa.list_(pa.float64())),
        pa.field("integers", pa.list_(pa.int64())),
        pa.field("bounds", pa.list_(pa.float64())),
    ]
)
"""One of ``floats`` and ``integers`` is null. ``bounds`` says how far a correct number may be from each: 0 where it
must be equal, infinite where nothing is known of it; null where there is nothing to compare."""


def leaves(argument: Argument, data: Data) -> Iterator[tuple[str, Data]]:
    """The plain arrays of an argument's data, by the names of their tensors."""
    for path, part in columns(data):
        yield f"{argument.name}{path}", part


def tensor(argument: Argument, data: Data, bounds: Data | None = None) -> list[Tensor]:
    """The tensors of an argument.

    Args:
        argument: of a launch.
        data: its numbers, as :func:`warpsmith.synthesizer.inputs.inputs` makes them, or their derivatives.
        bounds: how far a correct number may be from each; a field that they lack is left out.
    """
    limits = None if bounds is None else dict(leaves(argument, bounds))
    return [
        {
            "name": name,
            "dtype": _dtype(argument, part),
            "shape": list(part.shape),
            "floats": part.astype(np.float64).ravel().tolist() if part.dtype.kind == "f" else None,
            "integers": part.astype(np.int64).ravel().tolist() if part.dtype.kind != "f" else None,
            "bounds": None if limits is None else limits[name].astype(np.float64).ravel().tolist(),
        }
        for name, part in leaves(argument, data)
        if limits is None or name in limits
    ]


def same(one: Any, other: Any) -> bool:
    """Whether two values of a column are equal; a number that is none equals itself."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other or (one != one and other != other))


def _dtype(argument: Argument, part: Data) -> str:
    t = argument.type.dtype if isinstance(argument.type, Array) else argument.type
    bfloat16 = part.dtype == np.float32 and types.kind(t) != "struct" and types.name(types.scalar(t)) == "bfloat16"
    return "bfloat16" if bfloat16 else str(part.dtype.name)
