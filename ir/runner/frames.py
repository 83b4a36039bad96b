"""How requests and answers cross between the processes: two lengths, a JSON header, the bytes of arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

LENGTHS = struct.Struct("<QQ")
"""How a frame begins: the lengths of its header and of its body."""


def encode(header: dict[str, Any], arrays: Sequence[Any]) -> bytes:
    """A frame of a header and of arrays, which the header refers to by their numbers."""
    arrays = [np.asarray(array, order="C") for array in arrays]
    kinds = [[described(array.dtype), array.shape] for array in arrays]
    text = json.dumps({**header, "arrays": kinds}).encode()
    body = b"".join(array.tobytes() for array in arrays)
    return LENGTHS.pack(len(text), len(body)) + text + body


def described(dtype: Any) -> Any:
    """A dtype as JSON: its name, or a row for each field of a record."""
    if dtype.names is None:
        return dtype.str
    parts = [(name, *(dtype[name].subdtype or (dtype[name], ()))) for name in dtype.names]
    return [[name, described(base), shape] for name, base, shape in parts]


def restored(description: Any) -> Any:
    """The dtype that was described."""
    if isinstance(description, str):
        return np.dtype(description)
    return np.dtype([(name, restored(base), tuple(shape)) for name, base, shape in description])


def decode(text: bytes, body: bytes) -> tuple[dict[str, Any], list[Any]]:
    """Header and arrays of a frame that is without its lengths."""
    header, arrays, start = json.loads(text), [], 0
    for dtype, shape in header["arrays"]:
        array = np.ndarray(shape, restored(dtype), body, start).copy()
        arrays.append(array)
        start += array.nbytes
    return header, arrays
