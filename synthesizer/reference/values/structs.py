"""Structs of the launch: records of NumPy, and boxes of boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import Box


def of_fields(t: Value, /, **given: Box) -> Box:
    """A struct value; fields that are not given are zero."""
    return Box(t, {name: given.get(name) or _zero(f) for name, f in types.fields(t).items()})


def _zero(t: Value) -> Box:
    """The value that Warp gives to a field nobody set."""
    if types.kind(t) == "struct":
        return of_fields(t)
    kind = DTYPES[types.scalar(t)]
    return Box(t, np.zeros(types.shape(t), kind)[()] if types.shape(t) else kind(0))


def boxed(t: Value, record: Any, marks: int = 0) -> Box:
    """The value that a record holds; what of it is made of floats has the marks."""
    marks = marks if types.differentiable(t) else 0
    if types.kind(t) == "struct":
        return Box(t, {name: boxed(field, record[name], marks) for name, field in types.fields(t).items()})
    return Box(t, np.array(record)[()] if types.shape(t) else np.asarray(record)[()], 0.0, marks)


def leaves(box: Box, path: str = "") -> Iterator[tuple[str, Box]]:
    """The plain values that a value consists of, with the fields that lead to each: ``".inner.x"``."""
    if type(box.value) is not dict:
        yield path, box
        return
    for name, field in box.value.items():
        yield from leaves(field, f"{path}.{name}")


def recorded(box: Box, leaf: Callable[[Box], Any]) -> Any:
    """What NumPy stores into a record: for each field what ``leaf`` makes of its box."""
    if type(box.value) is dict:
        return tuple([recorded(field, leaf) for field in box.value.values()])
    return leaf(box)
