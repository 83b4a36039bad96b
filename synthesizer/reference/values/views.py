"""Views: rows and slices of arrays. They share the elements of the array that they were taken from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference.values.boxes import Box, exact, note, unsure
from warpsmith.synthesizer.reference.values.builtins import BoxFunction
from warpsmith.synthesizer.reference.values.memory import UNKNOWN_INDEX, Memory


class Slice:
    """The type of a box whose value is a Python slice."""


def span(lower: Box | None, upper: Box | None, step: Box | None) -> Box:
    """``lower:upper:step``; what is left out is ``None``."""
    given = [b for b in (lower, upper, step) if b is not None]
    bounds = slice(*(None if b is None else int(b.value) for b in (lower, upper, step)))
    marks = 0
    for b in given:
        marks |= b.marks
    return Box(Slice, bounds, max((b.error for b in given), default=0.0), marks)


def among(box: Box, indices: Iterable[Box]) -> Box:
    """What is at those indices, or changed there; nothing is known of it if one of them may be another."""
    if all(map(exact, indices)):
        return box
    note(UNKNOWN_INDEX)
    return unsure(box)


def within(index: Any, extent: int, what: str) -> int | slice:
    """The index as a number or a slice of numbers.

    Raises:
        UndefinedError: it is out of range, or a slice's bound is, or the slice is empty.
    """
    if isinstance(index, slice):
        bounds = [b for b in (index.start, index.stop) if b is not None]
        if index.step == 0 or any(not -extent <= b <= extent for b in bounds) or not range(extent)[index]:
            raise UndefinedError(f"slice {index.start}:{index.stop}:{index.step} of {extent} {what}")
        return index
    if not -extent <= int(index) < extent:
        raise UndefinedError(f"index {int(index)} of {extent} {what}")
    return int(index)


class View(Memory):
    """A part of an array, which is an array itself: a store into one is a store into the other."""

    __slots__ = ("_numbers", "_uncertain")

    def __init__(self, array: Memory, indices: tuple[Box, ...]) -> None:
        for name in Memory.__slots__:
            setattr(self, name, getattr(array, name))
        chosen = tuple(
            within(i.value, n, f"elements of {array.name}") for i, n in zip(indices, array.shape, strict=False)
        )
        self._numbers = array.numbers()[chosen]
        self._uncertain: bool = any(i.error for i in indices) or (isinstance(array, View) and array._uncertain)
        self.shape = self._numbers.shape
        self.type = Array(array.type.dtype, self._numbers.ndim)

    def numbers(self) -> Any:
        """The numbers of its elements in the whole array."""
        return self._numbers

    def at(self, indices: tuple[Box, ...]) -> int:
        """The number of the element at those indices, in the whole array."""
        places = [within(i.value, n, f"elements of {self.name}") for i, n in zip(indices, self.shape, strict=True)]
        return int(self._numbers[tuple(places)])

    def load(self, *indices: Box) -> Box:
        """The element at those indices."""
        found = super().load(*indices)
        return self._anywhere(found) if self._uncertain else found

    def whole(self) -> Any:
        """The present contents in one dimension, nominal values alone."""
        return super().whole()[self._numbers.ravel()]

    def _certain(self, indices: tuple[Box, ...]) -> None:
        if self._uncertain:
            self._launch.unknown_writes(UNKNOWN_INDEX)
        super()._certain(indices)


def element_or_view(t: Array, indices: tuple[Any, ...]) -> BoxFunction:
    """What indexing an array yields: an element where every dimension has a number, else a view."""
    if len(indices) == t.ndim and Slice not in indices:
        return lambda array, *at: array.load(*at)
    return lambda array, *at: View(array, at)


def extent(array: Memory, axis: Box) -> Box:
    """``array.shape[axis]``."""
    return Box(wp.int32, np.int32(array.shape[int(axis.value)]))
