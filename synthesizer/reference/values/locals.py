"""Arrays local to a thread: values, each element a box of its own, that are copied when they are assigned."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Local, Value
from warpsmith.synthesizer.reference.values.boxes import Box
from warpsmith.synthesizer.reference.values.views import among, within


def zeros(operands: tuple[Any, ...], option: Local) -> Any:
    """``wp.zeros(shape=..., dtype=...)``."""
    count = int(np.prod(option.shape))
    return lambda: Box(option, {k: zero(option.dtype) for k in range(count)})


def zero(t: Value) -> Box:
    """Zero of a scalar or composite type."""
    kind = DTYPES[types.scalar(t)]
    return Box(t, np.zeros(types.shape(t), kind)[()] if types.shape(t) else kind(0))


def at(t: Local, indices: tuple[Box, ...]) -> int:
    """The number of the element at those indices.

    Raises:
        UndefinedError: there is none.
        NotImplementedError: it is a view.
    """
    if len(indices) != len(t.shape):
        raise NotImplementedError("a view of an array local to a thread")
    k = 0
    for box, n in zip(indices, t.shape, strict=True):
        i = within(box.value, n, "elements of a local array")
        if isinstance(i, slice):
            raise NotImplementedError("a slice of an array local to a thread")
        k = k * n + i % n
    return k


def load(array: Box, *indices: Box) -> Box:
    """The element at those indices."""
    found: Box = array.value[at(array.type, indices)]
    return among(found, indices)


def store(value: Box, array: Box, *indices: Box) -> Box:
    """The array with another element at those indices."""
    changed = Box(array.type, {**array.value, at(array.type, indices): value})
    return among(changed, indices)
