"""What an operation makes of its operands' errors, found by evaluating it at operands moved by them.

Each probe moves all operands at once. What the probes differ by from the nominal result is the error. So a jump that
lies within the error shows as a difference of its size, and where an outcome is no number of that kind (an integer, a
truth value, one of finite and infinite) the result is *unsure*: its error is infinite. Carrying a few perturbed copies
through the whole program instead would be blind where their perturbations happen to cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.rounding import EPSILON, TINY, Rounding
from warpsmith.grammar.operations.values import DTYPES, Meaning
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import INF, ROUNDING, Box, everywhere, exact, note

OVERFLOWS = "an overflow depends on rounding"

Probed: TypeAlias = Callable[..., tuple[Box, ...]]
"""Boxes to the boxes of the results. NumPy's warnings are not silenced."""


def prober(f: Meaning, operands: tuple[Value, ...], results: tuple[Value, ...], by: Rounding) -> Probed:
    """An operation on boxes: its results with their error bounds.

    Args:
        f: the meaning; several results are a tuple.
        operands: their types.
        results: their types.
        by: how the operation rounds.
    """
    always = bool(by.inner) and any(types.kind(types.scalar(t)) == "float" for t in operands)
    hidden = _hiding(operands, results, by)
    probes = _probes(operands, by)
    spreads = [_spread(t) for t in results]
    roundings = [_rounding(t, by) for t in results]
    unknown = [everywhere(t, INF) for t in results]
    single = len(results) == 1

    def run(*boxes: Box) -> tuple[Box, ...]:
        values = [b.value for b in boxes]
        found = (f(*values),) if single else f(*values)
        inexact = not all(map(exact, boxes))
        if inexact and hidden(boxes):
            return tuple(map(Box, results, found, unknown))
        if not (inexact or always):
            return tuple([Box(t, v, add(v, 0.0, inexact)) for t, v, add in zip(results, found, roundings, strict=True)])
        others = [f(*probe) for probe in probes(boxes, values)]
        columns = [others] if single else list(zip(*others, strict=True))
        rows = zip(results, found, columns, spreads, roundings, strict=True)
        made = tuple([Box(t, v, add(v, spread(v, column), inexact)) for t, v, column, spread, add in rows])
        if inexact and not by.monotone and any(map(_infinite, boxes)):
            likely = [f(*probe) for probe in _anything(boxes, values)]
            columns = [likely] if single else list(zip(*likely, strict=True))
            made = tuple([_undetermined(box, column) for box, column in zip(made, columns, strict=True)])
        return tuple(map(_any_number, made)) if inexact and any(map(_may_be_any, boxes)) else made

    return run


def _hiding(operands: tuple[Value, ...], results: tuple[Value, ...], by: Rounding) -> Callable[[Sequence[Box]], bool]:
    """Whether probes of those operands, which are not exact, would not show what the result may be."""
    counted = [i for i, t in enumerate(operands) if types.kind(types.scalar(t)) != "float"]
    # An error that is infinite tells nothing of what lies between the probes, but where all of it is between them.
    blind = not by.monotone and (by.outer or by.inner or not any(map(types.shape, results)))
    # Nor does it where the result is no number of that kind: probes find infinity alone.
    whole = all(types.kind(types.scalar(t)) != "float" for t in results)

    def hidden(boxes: Sequence[Box]) -> bool:
        return (
            not all(exact(boxes[i]) for i in counted)
            or bool(blind and any(map(_lost, boxes)))
            or (whole and any(map(_infinite, boxes)))
        )

    return hidden


def _may_be_any(box: Box) -> bool:
    """Whether a component is no number and nothing is known of it: probes at infinity do not see that it may be one."""
    if types.kind(types.scalar(box.type)) != "float":
        return False
    return bool(np.any(~np.isfinite(np.asarray(box.value, np.float64)) & np.isinf(box.error)))


def _any_number(box: Box) -> Box:
    """The result, nothing being known of what is not finite in it."""
    if types.kind(types.scalar(box.type)) != "float":
        return box
    error = np.where(np.isfinite(np.asarray(box.value, np.float64)), box.error, INF)
    return Box(box.type, box.value, error if error.ndim else float(error), box.marks)


def _lost(box: Box) -> bool:
    """Whether nothing is known of any component of the box."""
    return box.error == INF if type(box.error) is float else bool((box.error == INF).all())


def _infinite(box: Box) -> bool:
    """Whether nothing is known of a component of the box."""
    return box.error == INF if type(box.error) is float else bool((box.error == INF).any())


def _anything(boxes: Sequence[Box], values: list[Any]) -> Iterator[list[Any]]:
    """The operands' values, with other numbers in place of those of which nothing is known; not only infinities.

    What depends on such a number may be bounded where that is infinite (``v / |v|``), and is unknown all the same. They
    are about 1, as large as the others are, larger, and not a number, which hides nowhere.
    """
    moved = [i for i, b in enumerate(boxes) if types.kind(types.scalar(b.type)) == "float"]
    size = max(float(np.max(abs(v), initial=0.0, where=np.isfinite(v))) for v in (values[i] for i in moved))
    generator = np.random.Generator(np.random.PCG64(len(boxes)))
    for scale in (1.0, size or 1.0, 64.0 * size, math.nan):
        probe = list(values)
        for i in moved:
            extent = types.shape(boxes[i].type)
            one = generator.choice((-1.0, 1.0), extent) * (0.5 + generator.random(extent)) * scale
            at = np.where(np.isinf(boxes[i].error), one, values[i])
            probe[i] = at.astype(values[i].dtype)[()]
        yield probe


def _same(one: Any, other: Any) -> Any:
    """Whether two numbers are the same, or none, component by component."""
    return (one == other) | ((one != one) & (other != other))


def _undetermined(box: Box, likely: Sequence[Any]) -> Box:
    """The result, nothing being known of those components that depend on what is not known."""
    error: Any = box.error
    for other in likely:
        error = np.where(_same(other, box.value), error, INF)
    if not np.ndim(error):
        error = float(error)
    elif not error.any():
        error = 0.0
    return Box(box.type, box.value, error, box.marks)


_close = False
"""Whether operands are moved in many directions; see :func:`closely`."""


@contextmanager
def closely() -> Iterator[None]:
    """Inside, operands of several components are moved in many directions: in few, errors may cancel by chance."""
    global _close  # operations are made once, and looked at from here and there
    before, _close = _close, True
    try:
        yield
    finally:
        _close = before


# --- where -----------------------------------------------------------------------------------------------------------


@cache
def _directions(sizes: tuple[tuple[int, ...], ...], monotone: bool, many: int) -> tuple[tuple[Any, ...], ...]:
    """In which directions operands of those shapes are moved together, one tuple for each probe.

    A few components are moved in all corners; more of them at random, in as ``many`` directions and one opposite, by
    amounts that hardly cancel.
    """
    count = len(sizes)
    if monotone or (count == 1 and not sizes[0]):
        return ((1.0,) * count, (-1.0,) * count)
    if count == 2 and not any(sizes):
        return ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))
    generator = np.random.Generator(np.random.PCG64(count))
    first, *others = (
        tuple(generator.choice((-1.0, 1.0), n) * (0.5 + generator.random(n)) for n in sizes) for _ in range(many)
    )
    return (first, tuple(-d for d in first), *others)


_FEW, _MANY = 2, 24


def _probes(operands: tuple[Value, ...], by: Rounding) -> Callable[[Sequence[Box], list[Any]], Iterator[list[Any]]]:
    """The operands' values moved within their errors, once for each probe: takes the operands and their values."""
    moved = [i for i, t in enumerate(operands) if types.kind(types.scalar(t)) == "float"]
    shapes = tuple(types.shape(operands[i]) for i in moved)
    few, many = (_directions(shapes, by.monotone, n) for n in (_FEW, _MANY))
    rows = [(i, DTYPES[types.scalar(t := operands[i])], types.shape(t), EPSILON[types.scalar(t)]) for i in moved]

    def probes(boxes: Sequence[Box], values: list[Any]) -> Iterator[list[Any]]:
        size = max((float(abs(values[i]).max()) for i in moved), default=0.0) if by.normwise else None
        plans: list[tuple[int, Any, Any, Any]] = []
        for i, kind, extent, epsilon in rows:
            wide = values[i].astype(np.float64) if extent else float(values[i])
            amount = _amount(boxes[i], wide, by.inner * epsilon, size)
            if amount is not None:  # NaN and infinities of which nothing is known may be any number
                wide = np.where(~np.isfinite(wide) & np.isinf(amount), 0.0, wide)[()]
            plans.append((i, kind if not extent else None, wide, amount))
        for direction in many if _close else few:
            probe = list(values)
            for (i, number, wide, amount), sign in zip(plans, direction, strict=True):
                if amount is not None:
                    at = wide + amount * sign
                    probe[i] = number(at) if number is not None else at.astype(values[i].dtype)
            yield probe

    return probes


def _amount(box: Box, wide: Any, inner: float, size: float | None) -> Any:
    """How far a probe moves an operand: its error and what the rule adds; ``None`` for not at all."""
    if not inner:
        return None if exact(box) else box.error
    return box.error + inner * (abs(wide) if size is None else size)


# --- how far ---------------------------------------------------------------------------------------------------------


def _spread(t: Value) -> Callable[[Any, Sequence[Any]], Any]:
    """How far probes are from the nominal value, as float64; infinite where the two are of different kinds."""
    if types.kind(types.scalar(t)) != "float":
        return _different
    return _wide_spread if types.shape(t) else _number_spread


def _different(nominal: Any, probes: Sequence[Any]) -> Any:
    error: Any = 0.0
    for probe in probes:
        different = nominal != probe
        if np.any(different):
            note(ROUNDING)
            error = np.maximum(error, np.where(different, INF, 0.0))[()]
    return error


_MARGIN = 1.04
"""Where the operation jumps, a point between two probes is farther off than they are, by as much as they are moved: up
to some units in the last place, which are largest in bfloat16."""


def _number_spread(nominal: Any, probes: Sequence[Any]) -> float:
    value, error = float(nominal), 0.0
    for probe in probes:
        other = float(probe)
        if other == value or (other != other and value != value):
            continue
        apart = abs(other - value)
        if not apart < INF:
            note(OVERFLOWS)
            return INF
        error = max(error, apart)
    return error * _MARGIN


def _wide_spread(nominal: Any, probes: Sequence[Any]) -> Any:
    values, others = nominal.astype(np.float64), np.array(probes, np.float64)
    apart = abs(others - values)
    error = apart.max(axis=0) * _MARGIN
    if math.isfinite(error.sum()):
        return error
    apart = np.where(_same(others, values), 0.0, np.where(np.isfinite(apart), apart, INF))
    if not np.isfinite(apart).all():
        note(OVERFLOWS)
    return apart.max(axis=0) * _MARGIN


def _rounding(t: Value, by: Rounding) -> Callable[[Any, Any, bool], Any]:
    """Adds to an error what the operation's own rounding contributes: takes the value, the error and what it is of."""
    part, extent = types.scalar(t), types.shape(t)
    outer = by.outer if types.kind(part) == "float" else 0.0
    relative, least = outer * EPSILON[part], outer * TINY[part] + by.least * EPSILON[part]

    def number(value: Any, error: Any, inexact: bool) -> Any:
        if outer and (inexact or not by.correct):
            own = abs(float(value)) * relative + least
            error = error + own if own < INF else error
        return float(error)

    def components(value: Any, error: Any, inexact: bool) -> Any:
        if outer and (inexact or not by.correct):
            size = abs(value.astype(np.float64))
            own = (size.max() if by.normwise else size) * relative + least
            error = np.where(np.isfinite(own), error + own, error)[()]
        if np.ndim(error) == 0:
            return everywhere(t, float(error)) if error else 0.0
        return error if error.any() else 0.0

    return components if extent else number
