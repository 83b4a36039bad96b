"""Structs of the launch: records of NumPy, and boxes of boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Array, Value
from warpsmith.synthesizer.reference.values.boxes import Box


def of_fields(t: Value, /, *values: Box, **given: Box) -> Box:
    """A struct value of its fields, in order or by name; those that are not given are zero."""
    given |= dict(zip(types.fields(t), values, strict=False))
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
    """The plain values that a value consists of, with the fields that lead to each: ``".inner.x"``; no arrays."""
    if type(box.value) is not dict:
        yield path, box
        return
    for name, field in box.value.items():
        if isinstance(field, Box):
            yield from leaves(field, f"{path}.{name}")


def assembled(t: Value, parts: Mapping[str, Any], path: str = "") -> Box:
    """A struct of the launch that is given field by field: boxes and arrays, by the fields that lead to each.

    A field that is not given is zero; an array that is not given is read by nobody.
    """
    made: dict[str, Any] = {}
    for name, f in types.fields(t).items():
        if types.is_struct(f):
            made[name] = assembled(f, parts, f"{path}{name}.")
        else:
            found = parts.get(path + name)
            made[name] = _zero(f) if found is None and not isinstance(f, Array) else found
    return Box(t, made)


def recorded(box: Box, leaf: Callable[[Box], Any]) -> Any:
    """What NumPy stores into a record: for each field what ``leaf`` makes of its box."""
    if type(box.value) is dict:
        return tuple([recorded(field, leaf) for field in box.value.values()])
    return leaf(box)
