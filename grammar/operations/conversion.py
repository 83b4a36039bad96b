"""Conversions between scalar types, and the bits of one type as another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import ranges
from warpsmith.grammar.operations.derivative import SAME, Gradients, Kink, OperationStep, untyped
from warpsmith.grammar.operations.operation import Guard, Interval, Operation, Slope
from warpsmith.grammar.operations.rounding import CORRECT, EXACT, Bounded
from warpsmith.grammar.operations.values import DTYPES, Meaning, plain, round_bfloat16
from warpsmith.grammar.types import Value


def integer(kind: type[Any]) -> Meaning:
    """The cast to an integer type: toward zero from a float, modulo 2^bits from an integer."""
    bits, signed = 8 * np.dtype(kind).itemsize, bool(np.iinfo(kind).min < 0)

    def cast(x: Any) -> Any:
        if not math.isfinite(x):
            return kind(0)  # undefined in C; productions require finite and in range
        wrapped = int(x) & ((1 << bits) - 1)
        return kind(wrapped - (1 << bits) if signed and wrapped >> (bits - 1) else wrapped)

    return cast


def floating(kind: type[Any]) -> Meaning:
    """The cast to a floating-point type; Warp converts to half by way of float32."""
    return lambda x: kind(np.float32(x)) if kind is np.float16 else kind(x)


def cast_to(t: Value) -> Meaning:
    """The value conversion ``t(x)`` of C between scalar types."""
    if t.__name__ == "bfloat16":
        return lambda x: round_bfloat16(np.float32(x))
    kind = DTYPES[t]
    return np.bool_ if kind is np.bool_ else integer(kind) if issubclass(kind, np.integer) else floating(kind)


def cast(value: Any, target: Value, source: Value | None = None) -> Any:
    """The value with the same bits; ``source`` has to be named where it is bfloat16."""
    bits = np.asarray(value)
    if source is not None and source.__name__ == "bfloat16":
        bits = (bits.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    if target.__name__ == "bfloat16":
        return plain((bits.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32))
    return plain(bits.view(DTYPES[target]))


def cast_range(target: type) -> Interval:
    """Where a floating-point value may lie to be converted to the integer type ``target``."""
    reach = 100 if types.BITS[target] == 8 else 1000
    return Interval(0 if target in types.UNSIGNED else -reach, reach)


RANGES = {t: (int(np.iinfo(DTYPES[t]).min), int(np.iinfo(DTYPES[t]).max)) for t in types.INTEGERS}
"""The least and the greatest value of each integer type."""


def _inexact(boxes: Sequence[Bounded]) -> bool:
    """Whether the bits are not certain: between two probes each of them may be either way."""
    return bool(np.any(np.asarray(boxes[0].error) > 0))


def _to_integer(target: Value, operands: tuple[Value, ...]) -> Guard | None:
    if not operands or types.kind(operands[0]) != "float":
        return None
    least, most = RANGES[target]

    def guard(x: Any) -> None:
        if not math.isfinite(x) or not least <= int(x) <= most:
            raise UndefinedError(f"conversion of {x} to {types.name(target)}")

    return guard


def _bits_rule(step: OperationStep, g: Any) -> Gradients:
    raise Kink("the bits of a number as another number")


def _conversion(name: str, t: Value) -> Operation:
    meaning = cast_to(t)
    wide = types.BITS[t] >= 32 if t in types.BITS else False
    if t in types.FLOATS:
        ends = ranges.SAME if wide else None
        return Operation(name, meaning, rounding=CORRECT, derivative=SAME, slope=Slope.CONSTANT, ends=ends)
    if t not in types.INTEGERS:
        return Operation(name, meaning, rounding=EXACT)
    return Operation(
        name,
        meaning,
        requires={"a": lambda operand: cast_range(t) if types.kind(operand) == "float" else None},
        undefined=partial(_to_integer, t),
        rounding=EXACT,
        ends=ranges.WHOLE if wide and t in types.SIGNED else None,
    )


CONVERSION = (
    *(_conversion(t.__name__, t) for t in DTYPES),
    _conversion("int", types.SIGNED[0]),
    _conversion("float", types.FLOATS[0]),
    Operation("cast", cast, rounding=EXACT, misses=_inexact, derivative=untyped(_bits_rule), sparse=True),
)
