"""Builtins on boxes: their records, applied to values with error bounds; their types are those of productions.

What the records say is in :mod:`grammar.operations`; result types come from Warp's registry and the productions written
by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.operations import Operation, record
from warpsmith.grammar.operations.rounding import TINY, Rounding
from warpsmith.grammar.operations.values import Meaning
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.grammar.written import written
from warpsmith.synthesizer.reference.values.boxes import ROUNDING, Box, exact, note, unsure
from warpsmith.synthesizer.reference.values.fast import shortcut
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.overflow import unsettled
from warpsmith.synthesizer.reference.values.own import result_of_own
from warpsmith.synthesizer.reference.values.probing import prober

BoxFunction: TypeAlias = Callable[..., Any]
"""Boxes to a box, or to a tuple of boxes where there are several results."""

Find: TypeAlias = Callable[..., BoxFunction]
"""Finds the operation of a name, for operands of some types: what one that is made of others is given."""


def missing(name: str, operands: tuple[Type, ...]) -> NotImplementedError:
    """There is no meaning for such an operation."""
    return NotImplementedError(f"no meaning for {name}({', '.join(map(types.name, operands))})")


@cache
def _results() -> dict[tuple[str, tuple[Type, ...]], Any]:
    """Result type by builtin and operand types; trailing operands that have a default may be missing."""
    table: dict[tuple[str, tuple[Type, ...]], Any] = {}
    for s in registry.signatures():
        for n in range(s.required, len(s.operands) + 1):
            table.setdefault((s.name, s.operands[:n]), s.operands[0] if record(s.name).sets else s.result)
    for p in written():
        if not p.spelling:
            table.setdefault((p.builtin, p.operands), p.result)
    return table


def unwrapped(name: str, operands: tuple[Value, ...]) -> Meaning:
    """The operation's meaning, without the guard against warnings: a run is silenced as a whole.

    Raises:
        NotImplementedError: there is none.
    """
    f = record(name).bare(operands)
    if f is None:
        raise missing(name, operands)
    return f


def builtin(name: str, operands: tuple[Type, ...]) -> BoxFunction:
    """The builtin on operands of those types.

    Raises:
        NotImplementedError: there is no meaning for it.
    """
    if any(isinstance(t, Array) for t in operands):
        return _search(record(name), operands)
    values: tuple[Value, ...] = operands  # type: ignore[assignment]
    result = _results().get((name, operands))
    if result is None and any(map(types.is_own, operands)):
        result = result_of_own(name, values)
    if result is None:
        raise missing(name, operands)
    results = result if isinstance(result, tuple) else (result,)
    if record(name).advances:
        results = (*results, wp.uint32)
    return on_boxes(record(name), unwrapped(name, values), values, results)


def on_boxes(
    operation: Operation,
    f: Meaning,
    operands: tuple[Value, ...],
    results: tuple[Value, ...],
    by: Rounding | None = None,
) -> BoxFunction:
    """The operation on boxes: operands checked, errors bounded.

    Args:
        operation: its record.
        f: its meaning for those types.
        operands: their types.
        results: their types.
        by: how it rounds, if not as its record says.
    """
    by = by or operation.rounds(operands)
    check = operation.guard(operands)
    open_, excess = operation.unsettled, operation.excess
    probed = prober(f, operands, results, by)
    quick = shortcut(operation, f, operands, results, by, probed) if open_ is None else None

    def run(*boxes: Box) -> Any:
        if check is not None:
            check(*[b.value for b in boxes])
        if quick is not None:
            return quick(*boxes)
        found = unsettled(probed(*boxes), boxes, by)
        if open_ is not None and (reason := open_(boxes)):
            note(reason)
            found = tuple(map(unsure, found))
        if excess is not None:
            reason, errors = excess(boxes, found)
            found = tuple([_widened(b, error, reason) for b, error in zip(found, errors, strict=True)])
        return found if len(found) > 1 else found[0]

    made = run if check is not None or quick is None else quick
    if operation.misses is not None and any(types.scalar(t) in types.FLOATS for t in operands):
        return _missing(made, operation)
    return _signless(made) if operation.signless and types.scalar(operands[0]) in types.FLOATS else made


def _missing(run: BoxFunction, operation: Operation) -> BoxFunction:
    """The operation, of which nothing is known where its probes may miss a period, a pole or a direction."""
    misses = operation.misses
    assert misses is not None

    def some(*boxes: Box) -> Box:
        box: Box = run(*boxes)
        if all(map(exact, boxes)) or not misses(boxes):
            return box
        note(ROUNDING)
        return unsure(box)

    return some


def _widened(box: Box, error: Any, reason: str) -> Box:
    """With an error of at least that; infinite for that reason."""
    if np.isinf(error).any():
        note(reason)
    wider = np.maximum(box.error, error)
    return Box(box.type, box.value, wider if np.ndim(wider) else float(wider), box.marks)


def _signless(run: BoxFunction) -> BoxFunction:
    """The operation, where a zero from zeros of both signs may have either sign."""

    def either(*boxes: Box) -> Box:
        box: Box = run(*boxes)
        zero = box.value == 0
        if not zero.any() or len({s for b in boxes for s in np.signbit(b.value[b.value == 0]).ravel()}) < 2:
            return box
        error = np.where(zero, np.maximum(box.error, TINY[types.scalar(box.type)]), box.error)
        return Box(box.type, box.value, error if error.ndim else float(error), box.marks)

    return either


def _search(operation: Operation, operands: tuple[Type, ...]) -> BoxFunction:
    """A builtin that looks something up in a whole array."""
    result, number = _results().get((operation.name, operands)), operation.searches
    if result is None or number is None:
        raise missing(operation.name, operands)
    f = unwrapped(operation.name, tuple(t.dtype if isinstance(t, Array) else t for t in operands))

    def run(*boxes: Any) -> Any:
        values = [b.whole() if isinstance(b, Memory) else b.value for b in boxes]
        array = values[number]
        found = f(*values) if operation.advances else (f(*values),)
        pair = tuple(Box(t, v) for t, v in zip((result, wp.uint32), found, strict=False))
        unclear = "" if all(map(_sure, boxes)) else ROUNDING
        if not np.all(array[:-1] <= array[1:]):
            unclear = unclear or "a search in an array that is not sorted"
        if found[0] == len(array):
            unclear = unclear or "a search for what is beyond the last element"
        if unclear:
            note(unclear)
            pair = (unsure(pair[0]), *pair[1:])
        return pair if operation.advances else pair[0]

    return run


def _sure(box: Any) -> bool:
    """Whether the operand is an array, or a value without error."""
    return not isinstance(box, Box) or exact(box)
