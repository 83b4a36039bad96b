"""What a program reads of objects behind handles: observations on boxes, and queries that are iterated over.

A handle's value is the object's data. The value of a query is :class:`Found`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.derive import of_objects
from warpsmith.grammar.operations import Operation, record
from warpsmith.grammar.operations.rounding import EPSILON, TINY
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Type, Value
from warpsmith.synthesizer.reference.values.boxes import INF, Box, everywhere, note
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, missing

UNSETTLED = "what a query finds depends on rounding, or is not determined"
BEYOND = 1e6
"""Coordinates beyond that are too far away for a bound: their squares lose what objects are made of."""

Numbers = tuple[int, ...]


class Found:
    """What a query finds, and how far it has been iterated over.

    Attributes:
        surely: the numbers that it yields.
        perhaps: those that it may yield.
        passed: how many have been yielded.
    """

    __slots__ = ("passed", "perhaps", "surely")

    def __init__(self, surely: Numbers, perhaps: Numbers) -> None:
        self.surely = surely
        self.perhaps = perhaps
        self.passed = 0

    def numbers(self, generous: bool) -> Numbers:
        """In one order what is yielded in any case, in the other one all that may be."""
        return self.perhaps[::-1] if generous else self.surely


def observed(name: str, operands: tuple[Type, ...], option: Value | None = None) -> BoxFunction:
    """A builtin that reads an object.

    Args:
        name: the builtin.
        operands: the types of its operands; trailing ones that have a default may be missing.
        option: the type of its result, where a keyword says it.

    Raises:
        NotImplementedError: there is no meaning for it.
    """
    operation = record(name)
    result = _results().get((name, operands[1:]), option)
    if result is None or operation.observation is None:
        raise missing(name, operands)

    def run(handle: Box, *boxes: Box) -> Box:
        if handle.value.dtype.names is None:
            raise UndefinedError(f"{name} of a number that is no handle")
        off = _off(boxes)
        if off == INF:
            note(UNSETTLED)
            return _unknown(operation, result, handle)
        found = operation.observation(handle.value, off, *[b.value for b in boxes])  # type: ignore[misc]
        if types.is_query(result):
            return Box(result, Found(*map(tuple, found)))
        if not types.is_struct(result):
            return _box(result, *found[0])
        fields = zip(types.fields(result).items(), found, strict=True)
        return Box(result, {field: _box(t, *pair) for (field, t), pair in fields})

    return run


@cache
def _results() -> dict[tuple[str, tuple[Type, ...]], Any]:
    """The type of a result by builtin and the types of the operands behind the handle."""
    return {(s.name, s.operands[1:n]): s.result for s in of_objects() for n in range(s.required, len(s.operands) + 1)}


def _off(boxes: tuple[Box, ...]) -> float:
    """How far a component of the operands may be off at most; infinite where nothing is known, or too far away."""
    off = 0.0
    for box in boxes:
        size = float(np.max(np.abs(np.asarray(box.value, np.float64)), initial=0.0))
        error = float(np.max(box.error))
        whole = types.kind(types.scalar(box.type)) != "float"
        if not size < BEYOND or (whole and error):
            return INF
        off = max(off, error)
    return off


def _box(t: Value, value: Any, error: float) -> Box:
    if types.name(t) == "uint64":
        return Box(t, value)
    if error == INF:
        note(UNSETTLED)
    part, extent = types.scalar(t), types.shape(t)
    made = np.asarray(value, DTYPES[part])
    if part in types.FLOATS and error:
        error += float(np.abs(made.astype(np.float64)).max(initial=0.0)) * EPSILON[part] + TINY[part]
    return Box(t, made if extent else made[()], everywhere(t, error) if error else 0.0)


def _unknown(operation: Operation, t: Any, handle: Box) -> Box:
    """A result of which nothing is known."""
    if types.is_query(t):
        return Box(t, Found((), tuple(range(_count(handle.value)))))
    if types.is_struct(t):
        return Box(t, {name: _box(field, np.zeros(types.shape(field)), INF) for name, field in types.fields(t).items()})
    return _box(t, np.zeros(types.shape(t)), INF)


def _count(data: Any) -> int:
    """How many things an object holds."""
    return len(data["indices"]) // 3 if "indices" in data.dtype.names else len(data[data.dtype.names[0]])


def advanced(query: Box, index: Box, generous: bool) -> tuple[Box, Box]:
    """Whether a query yields another number, and the index from then on."""
    found: Found = query.value
    numbers = found.numbers(generous)
    if found.passed == len(numbers):
        return Box(wp.bool, np.bool_(False)), index
    found.passed += 1
    return Box(wp.bool, np.bool_(True)), Box(wp.int32, np.int32(numbers[found.passed - 1]))
