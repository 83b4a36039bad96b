"""Builtins on boxes: what they mean, what type they yield, what is undefined, and how they round.

Meanings are those of :mod:`grammar.meanings`; types come from Warp's registry and the productions written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.meanings import Meaning, bare
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.grammar.written import written
from warpsmith.synthesizer.reference.values import cofactors
from warpsmith.synthesizer.reference.values.boxes import EPSILON, TINY, Box, everywhere, exact, note, unsure
from warpsmith.synthesizer.reference.values.euler import euler_error
from warpsmith.synthesizer.reference.values.fast import shortcut
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.overflow import unsettled
from warpsmith.synthesizer.reference.values.probing import prober
from warpsmith.synthesizer.reference.values.rounding import ROUNDING, Rule, rule
from warpsmith.synthesizer.reference.values.undefined import (
    PERIODIC,
    SIGNLESS,
    UNSETTLED,
    ambiguity,
    guard,
    may_be_singular,
)

Operation: TypeAlias = Callable[..., Any]
"""Boxes to a box, or to a tuple of boxes where there are several results."""

NOISES = frozenset(("noise", "pnoise", "curlnoise"))
"""Builtins that take a random state, leave it as it is and have derivatives."""

STATEFUL = frozenset(s.name for s in registry.signatures() if s.group == "Random") - NOISES - {"rand_init"} | {
    "sample_cdf"
}
"""Builtins that advance their first operand: their meaning returns the value and the new state."""

SETTERS = frozenset(("transform_set_translation", "transform_set_rotation"))
"""Builtins that change their first operand and yield nothing: their meaning returns what it becomes."""


Find: TypeAlias = Callable[..., Operation]
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
            table.setdefault((s.name, s.operands[:n]), s.operands[0] if s.name in SETTERS else s.result)
    for p in written():
        if not p.spelling:
            table.setdefault((p.builtin, p.operands), p.result)
    return table


def unwrapped(name: str, operands: tuple[Value, ...]) -> Meaning:
    """The builtin's meaning, without the guard against warnings: a run is silenced as a whole.

    Raises:
        NotImplementedError: there is none.
    """
    f = bare(name, operands)
    if f is None:
        raise missing(name, operands)
    return f


def builtin(name: str, operands: tuple[Type, ...]) -> Operation:
    """The builtin on operands of those types.

    Raises:
        NotImplementedError: there is no meaning for it.
    """
    if any(isinstance(t, Array) for t in operands):
        return _search(name, operands)
    values: tuple[Value, ...] = operands  # type: ignore[assignment]
    result = _results().get((name, operands))
    if result is None:
        raise missing(name, operands)
    results = result if isinstance(result, tuple) else (result,)
    if name in STATEFUL:
        results = (*results, wp.uint32)
    return operation(name, unwrapped(name, values), values, results, rule(name, values))


_INVERSES = frozenset(("inverse", "inverse_approx"))
_FACTORISATIONS = frozenset(("eig3", "qr3", "svd2", "svd3"))


def operation(name: str, f: Meaning, operands: tuple[Value, ...], results: tuple[Value, ...], by: Rule) -> Operation:
    """The meaning on boxes: operands checked, errors bounded."""
    check, open_ = guard(name, operands), UNSETTLED.get(name)
    probed = prober(f, operands, results, by)
    quick = shortcut(name, f, operands, results, by, probed) if open_ is None else None

    def run(*boxes: Box) -> Any:
        if check is not None:
            check(*[b.value for b in boxes])
        if quick is not None:
            return quick(*boxes)
        found = unsettled(probed(*boxes), boxes, by)
        if open_ is not None and (reason := open_(*(b.value for b in boxes))):
            note(reason)
            found = tuple(map(unsure, found))
        if name in _INVERSES and (reason := may_be_singular(boxes[0].value, boxes[0].error)):
            note(reason)
            found = tuple(map(unsure, found))
        if name in cofactors.NAMES:
            found = tuple([_widened(b, cofactors.cofactor_error(name, boxes[0].value, b.value)) for b in found])
        if name == "quat_to_euler" and boxes[0].value.any():
            i, j, k = (int(b.value) for b in boxes[1:])
            error = euler_error(EPSILON[types.scalar(operands[0])], found[0].value, i, j, k)
            found = (_widened(found[0], found[0].error + error, "Euler angles near where an axis is locked"),)
        if name in _FACTORISATIONS and (apart := ambiguity(name, boxes[0].value, boxes[0].error)):
            found = tuple([_widened(b, everywhere(b.type, apart)) for b in found])
        return found if len(found) > 1 else found[0]

    found = run if check is not None or quick is None else quick
    if name in PERIODIC and any(types.scalar(t) in types.FLOATS for t in operands):
        return _periodic(found, PERIODIC[name])
    return _signless(found) if name in SIGNLESS and types.scalar(operands[0]) in types.FLOATS else found


def _periodic(run: Operation, misses: Callable[[Sequence[Box]], bool]) -> Operation:
    """The operation, of which nothing is known where its probes may miss a period or a pole."""

    def some(*boxes: Box) -> Box:
        box: Box = run(*boxes)
        if all(map(exact, boxes)) or not misses(boxes):
            return box
        note(ROUNDING)
        return unsure(box)

    return some


def _widened(box: Box, error: Any, reason: str = "a sum of products that may cancel altogether") -> Box:
    """With an error of at least that; infinite for that reason."""
    if np.isinf(error).any():
        note(reason)
    wider = np.maximum(box.error, error)
    return Box(box.type, box.value, wider if np.ndim(wider) else float(wider), box.marks)


def _signless(run: Operation) -> Operation:
    """The operation, where a zero that is computed from zeros of both signs may have either."""

    def either(*boxes: Box) -> Box:
        box: Box = run(*boxes)
        zero = box.value == 0
        if not zero.any() or len({s for b in boxes for s in np.signbit(b.value[b.value == 0]).ravel()}) < 2:
            return box
        error = np.where(zero, np.maximum(box.error, TINY[types.scalar(box.type)]), box.error)
        return Box(box.type, box.value, error if error.ndim else float(error), box.marks)

    return either


def _search(name: str, operands: tuple[Type, ...]) -> Operation:
    """A builtin that looks something up in a whole array."""
    result = _results().get((name, operands))
    if result is None:
        raise missing(name, operands)
    f = unwrapped(name, tuple(t.dtype if isinstance(t, Array) else t for t in operands))

    def run(*boxes: Any) -> Any:
        values = [b.whole() if isinstance(b, Memory) else b.value for b in boxes]
        array = next(v for v in values if np.ndim(v))
        found = f(*values) if name in STATEFUL else (f(*values),)
        pair = tuple(Box(t, v) for t, v in zip((result, wp.uint32), found, strict=False))
        unclear = "" if all(map(_sure, boxes)) else ROUNDING
        if not np.all(array[:-1] <= array[1:]):
            unclear = unclear or "a search in an array that is not sorted"
        if found[0] == len(array):
            unclear = unclear or "a search for what is beyond the last element"
        if unclear:
            note(unclear)
            pair = (unsure(pair[0]), *pair[1:])
        return pair if name in STATEFUL else pair[0]

    return run


def _sure(box: Any) -> bool:
    """Whether the operand is an array, or a value without error."""
    return not isinstance(box, Box) or exact(box)
