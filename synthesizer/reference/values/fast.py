"""The common operations without probing everything: their errors have formulas, or there are none to carry."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.operation import Formula, Operation
from warpsmith.grammar.operations.rounding import EPSILON, TINY, Rounding
from warpsmith.grammar.operations.values import DTYPES, Meaning
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import INF, ROUNDING, Box, everywhere, note, ulp
from warpsmith.synthesizer.reference.values.formulas import closed
from warpsmith.synthesizer.reference.values.probing import OVERFLOWS, Probed

Quick = Callable[..., Box]


def shortcut(
    operation: Operation,
    f: Meaning,
    operands: tuple[Value, ...],
    results: tuple[Value, ...],
    by: Rounding,
    probed: Probed,
) -> Quick | None:
    """A faster way to the same boxes as ``probed`` (see ``probing.py``), if there is one."""
    if len(results) != 1:
        return None
    (result,) = results
    kinds = {types.kind(types.scalar(t)) for t in operands}
    if "float" not in kinds and types.kind(types.scalar(result)) != "float":
        return _discrete(f, operands, result)
    formula = closed(operation, f, operands, result, by, probed)
    if formula is not None or by.inner:
        return formula
    formulas = _WIDE if any(map(types.shape, operands)) else _FORMULAS
    if operation.formula is not None and kinds == {"float"}:
        return formulas[operation.formula](f, result, by, probed)
    if kinds == {"float"} and (len(operands) == 1 or by.monotone) and not any(map(types.shape, (*operands, result))):
        return _ends(f, operands, result, by, probed, jumps=operation.sawtooth)
    return _exact(f, result, by, probed)


def _discrete(f: Meaning, operands: tuple[Value, ...], result: Value) -> Quick:
    """Integers and truth values: the outcome is the very same, or nothing is known of it."""
    unknown = everywhere(result, INF)
    if len(operands) == 2 and not any(map(types.shape, (*operands, result))):
        return lambda x, y: Box(result, f(x.value, y.value), INF if x.error or y.error else 0.0)

    def run(*boxes: Box) -> Box:
        for b in boxes:
            if type(b.error) is not float or b.error:
                return Box(result, f(*[b.value for b in boxes]), unknown)
        return Box(result, f(*[b.value for b in boxes]))

    return run


def _exact(f: Meaning, result: Value, by: Rounding, probed: Probed) -> Quick:
    """Exact operands need no probes."""
    part = types.scalar(result)
    outer = by.outer if types.kind(part) == "float" and not by.correct else 0.0

    def run(*boxes: Box) -> Box:
        for b in boxes:
            if type(b.error) is not float or b.error:
                return probed(*boxes)[0]
        value = f(*[b.value for b in boxes])
        if not outer:
            return Box(result, value)
        error = outer * ulp(part, value)
        if not math.isfinite(error.sum()):
            error = np.where(np.isfinite(error), error, 0.0)
        return Box(result, value, error if error.ndim else float(error))

    return run


def _ends(
    f: Meaning, operands: tuple[Value, ...], result: Value, by: Rounding, probed: Probed, *, jumps: bool = False
) -> Quick:
    """Scalars, one of them or a function that rises in each: the ends of the range show how far it goes."""
    kinds = [DTYPES[t] for t in operands]
    kind, single = kinds[0], len(operands) == 1
    number = types.kind(result) == "float"
    outer, exactly = by.outer, by.outer if number and not by.correct else 0.0
    epsilon, tiny = (EPSILON[result], TINY[result]) if number else (0.0, 0.0)

    def run(*boxes: Box) -> Box:
        value = f(*[b.value for b in boxes])
        for b in boxes:
            if b.error:
                break
        else:
            own = exactly * (abs(float(value)) * epsilon + tiny) if exactly else 0.0
            return Box(result, value, own if own < INF else 0.0)
        if any(b.error == INF for b in boxes):
            return probed(*boxes)[0]
        if single:  # as mostly
            x, off = float(boxes[0].value), boxes[0].error
            above, below = f(kind(x + off)), f(kind(x - off))
        else:
            above, below = _at_ends(f, kinds, boxes)
        if not number:
            return _the_same(result, value, above, below)
        middle = float(value)
        up, down = abs(float(above) - middle), abs(float(below) - middle)
        if not (up < INF and down < INF):  # NaN, too
            return probed(*boxes)[0]
        error = max(up, down) + (boxes[0].error if jumps else 0.0)
        if outer:
            error += outer * (abs(middle) * epsilon + tiny)
        elif not error and not middle and len({math.copysign(1.0, float(v)) for v in (value, above, below)}) > 1:
            error = tiny  # a zero of either sign
        return Box(result, value, error)

    return run


def _at_ends(f: Meaning, kinds: list[Any], boxes: Sequence[Box]) -> tuple[Any, Any]:
    """The values where all operands are as large, and as small, as they may be."""
    xs = [(kind, float(b.value), b.error) for kind, b in zip(kinds, boxes, strict=True)]
    return f(*[kind(x + off) for kind, x, off in xs]), f(*[kind(x - off) for kind, x, off in xs])


def _the_same(result: Value, value: Any, *others: Any) -> Box:
    """A result that is no number: known if it is the same at the ends."""
    if all(value == other for other in others):
        return Box(result, value)
    note(ROUNDING)
    return Box(result, value, INF)


# --- formulas ------------------------------------------------------------------------------------------------------


def _limits(t: Value) -> tuple[float, float, float]:
    part = types.scalar(t)
    return EPSILON[part], TINY[part], float(np.finfo(DTYPES[part]).max)


def _beyond(result: Value, value: Any, size: float, probed: Probed, x: Box, y: Box) -> Box:
    """The result where its error is infinite, or so large that another one may be: probes say what infinities do."""
    if not size < INF:
        return probed(x, y)[0]
    note(OVERFLOWS)
    return Box(result, value, INF)


def _sum(f: Meaning, result: Value, by: Rounding, probed: Probed) -> Quick:
    epsilon, tiny, most = _limits(result)

    def run(x: Box, y: Box) -> Box:
        value = f(x.value, y.value)
        error = x.error + y.error
        if error:
            size = abs(float(value))
            error += size * epsilon + tiny
            if not size + error < most:
                return _beyond(result, value, size, probed, x, y)
        return Box(result, value, error)

    return run


def _product(f: Meaning, result: Value, by: Rounding, probed: Probed) -> Quick:
    epsilon, tiny, most = _limits(result)
    correct = by.correct

    def run(x: Box, y: Box) -> Box:
        value = f(x.value, y.value)
        if x.error or y.error:
            error = abs(float(x.value)) * y.error + abs(float(y.value)) * x.error + x.error * y.error
        elif correct:
            return Box(result, value)
        else:
            error = 0.0
        size = abs(float(value))
        error += size * epsilon + tiny
        if not size + error < most:
            return _beyond(result, value, size, probed, x, y)
        return Box(result, value, error)

    return run


def _quotient(f: Meaning, result: Value, by: Rounding, probed: Probed) -> Quick:
    epsilon, tiny, most = _limits(result)

    def run(x: Box, y: Box) -> Box:
        value = f(x.value, y.value)
        if not x.error and not y.error:
            return Box(result, value)
        size, below = abs(float(value)), abs(float(y.value)) - y.error
        if not below > 0.0:
            return _beyond(result, value, size, probed, x, y)
        error = (x.error + size * y.error) / below + size * epsilon + tiny
        if not size + error < most:
            return _beyond(result, value, size, probed, x, y)
        return Box(result, value, error)

    return run


def _wide(spread: Callable[..., Any]) -> Callable[..., Quick]:
    """A formula for composite operands, component by component; one of them may be a scalar."""

    def quick(f: Meaning, result: Value, by: Rounding, probed: Probed) -> Quick:
        epsilon, tiny, most = _limits(result)
        correct = by.correct

        def run(x: Box, y: Box) -> Box:
            value = f(x.value, y.value)
            one, other = x.error, y.error
            sure = type(one) is float and type(other) is float and not one and not other
            if sure and correct:
                return Box(result, value)
            size = abs(value.astype(np.float64))
            error = size * epsilon + tiny
            if not sure:
                error += spread(size, x.value, y.value, one, other)
            if not (size + error).max() < most:
                note(OVERFLOWS)
                rest: Any = INF
                if not np.isfinite(size).all():  # probes say what infinities do
                    rest = np.where(np.isfinite(size), INF, probed(x, y)[0].error)
                error = np.where(size + error < most, error, rest)
            return Box(result, value, error)

        return run

    return quick


def _wide_product(size: Any, x: Any, y: Any, one: Any, other: Any) -> Any:
    return abs(x.astype(np.float64)) * other + abs(y.astype(np.float64)) * one + one * other


def _wide_quotient(size: Any, x: Any, y: Any, one: Any, other: Any) -> Any:
    below = abs(y.astype(np.float64)) - other
    return np.where(below > 0.0, (one + size * other) / below, INF)


_FORMULAS: dict[Formula, Callable[..., Quick]] = {
    Formula.SUM: _sum,
    Formula.PRODUCT: _product,
    Formula.QUOTIENT: _quotient,
}
_WIDE: dict[Formula, Callable[..., Quick]] = {
    Formula.SUM: _wide(lambda size, x, y, one, other: one + other),
    Formula.PRODUCT: _wide(_wide_product),
    Formula.QUOTIENT: _wide(_wide_quotient),
}
