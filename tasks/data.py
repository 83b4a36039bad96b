"""Arrays in JSON: exactly, for the scorer; and as numbers that a person or a model reads and writes."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.ir.runner.frames import described, restored

Data: TypeAlias = npt.NDArray[Any]
Rows: TypeAlias = Sequence["Data | None"]

_WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def packed(array: Data | None) -> Any:
    """An array as JSON, to the bit."""
    if array is None:
        return None
    data = np.asarray(array, order="C")
    return [described(data.dtype), list(data.shape), base64.b64encode(data.tobytes()).decode("ascii")]


def unpacked(row: Any) -> Data | None:
    """The array of :func:`packed`."""
    if row is None:
        return None
    kind, shape, text = row
    data: Data = np.frombuffer(base64.b64decode(text), restored(kind)).reshape(shape).copy()
    return data


def packed_all(arrays: Rows) -> list[Any]:
    """Several arrays."""
    return [packed(array) for array in arrays]


def unpacked_all(rows: Sequence[Any]) -> list[Data | None]:
    """Several arrays again."""
    return [unpacked(row) for row in rows]


def shown(array: Data) -> Any:
    """An array as nested lists of numbers; a record as an object; what is not finite as a word."""
    if array.dtype.names is not None:
        if array.shape:
            return [shown(part) for part in array]
        return {name: shown(np.asarray(array[name])) for name in array.dtype.names}
    if array.shape:
        return [shown(part) for part in array]
    value = array.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        return float(str(array)) if array.dtype.itemsize == 4 else value  # the shortest text that is that number
    return value


def shown_text(arrays: dict[str, Data]) -> str:
    """Named arrays as JSON, a line each."""
    lines = [f"  {json.dumps(name)}: {json.dumps(shown(array))}" for name, array in arrays.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def read_as(value: Any, like: Data, place: str) -> Data:
    """Nested lists as an array of a given shape: floats in float64, all else in its own type.

    Raises:
        ValueError: they have another shape, or hold something else than numbers; the message says where.
    """
    made = np.zeros(like.shape, _wide(like.dtype))
    _fill(made, value, place)
    return made


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype.names is None:
        return np.dtype(np.float64) if dtype.kind == "f" else dtype
    parts = ((name, *(dtype[name].subdtype or (dtype[name], ()))) for name in dtype.names)
    return np.dtype([(name, _wide(base), shape) for name, base, shape in parts])


def _fill(made: Data, value: Any, place: str) -> None:
    if made.shape:
        if not isinstance(value, list) or len(value) != made.shape[0]:
            raise ValueError(f"{place}: expected a list of {made.shape[0]}")
        for i, part in enumerate(value):
            _fill(made[i, ...], part, f"{place}[{i}]")
    elif made.dtype.names is not None:
        if not isinstance(value, dict) or value.keys() != set(made.dtype.names):
            raise ValueError(f"{place}: expected an object with the fields {', '.join(made.dtype.names)}")
        for name in made.dtype.names:
            _fill(made[name], value[name], f"{place}.{name}")
    else:
        made[...] = _number(value, made.dtype, place)


def _number(value: Any, dtype: np.dtype[Any], place: str) -> int | float:
    if dtype.kind == "f":
        if isinstance(value, str) and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e308:
            return float(value)
    elif isinstance(value, int):
        least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if least <= value <= most:
            return int(value)
    raise ValueError(f"{place}: expected a number, got {json.dumps(value)[:40]}")
