"""Operand values that put a production to the test: boundary values, ties and random ones, within its contract."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.values import round_bfloat16
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.synthesizer.inputs import special_values

BOUNDARY, TIES, RANDOM = 48, 16, 32
"""Rows of each kind, in this order: boundary values, the same for all operands of a type, and random ones."""

Row = list[Any]
"""One value for each operand, as meanings take them; an array is the same in all rows."""


def rows(p: Production, size: int = BOUNDARY + TIES + RANDOM) -> list[Row]:
    """Operand values of a production: always the same ones, all of them defined and within its contract.

    Args:
        p: the production.
        size: how many rows at most, of every kind in proportion; some are dropped as undefined.
    """
    rng = np.random.default_rng(zlib.crc32(p.name.encode()))
    columns = [column(rng, t, needs, size) for t, needs in zip(p.operands, p.requires, strict=True)]
    first = {(t, n): c for t, n, c in zip(p.operands[::-1], p.requires[::-1], columns[::-1], strict=True)}
    start, stop = (size * n // (BOUNDARY + TIES + RANDOM) for n in (BOUNDARY, BOUNDARY + TIES))
    for i, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
        if not isinstance(t, Array):
            columns[i] = [*columns[i][:start], *first[t, needs][start:stop], *columns[i][stop:]]
    return admitted(p, [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(size)])


def admitted(p: Production, made: list[Row]) -> list[Row]:
    """Those of the rows for which the production is defined; matrices made symmetric that have to be."""
    if p.builtin == "eig3":  # documented for symmetric matrices
        made = [[np.tril(a) + np.tril(a, -1).T] for (a,) in made]
    check = record(p.builtin).guard(p.operands)  # type: ignore[arg-type]
    return [row for row in made if check is None or _defined(check, row)]


def _defined(check: Any, row: Row) -> bool:
    try:
        check(*row)
    except UndefinedError:
        return False
    return True


def column(rng: np.random.Generator, t: Type, needs: Interval | None, size: int) -> list[Any]:
    """The values of one operand, row by row: boundary values in the front, random ones at the end."""
    if isinstance(t, Array):
        return [np.sort(drawn(rng, t.dtype, Interval(0, 1 if t.dtype in types.FLOATS else 50), 8))] * size
    part, extent = types.scalar(t), types.shape(t)
    special = _admissible(np.concatenate((boundary_values(part), typed(part, _ends(needs)))), needs)
    count = math.prod(extent)
    flat = size * count
    plain = drawn(rng, part, needs, flat)
    bounds = np.resize(rng.permutation(special), flat) if count == 1 else rng.choice(special, flat)
    edge = np.where(rng.random(flat) < (0.5 if count > 1 else 1.0), bounds, plain)
    values = np.where(_first(flat, BOUNDARY + TIES), edge, plain).reshape(size, *extent)
    if part in types.FLOATS and needs is None:  # the random rows are tame, so that no formula overflows
        tame = rng.normal(size=(size, *extent))
        values = np.where(_first(size, BOUNDARY + TIES).reshape(size, *(1,) * len(extent)), values, typed(part, tame))
    if types.kind(t) in ("quat", "transform"):
        _make_units(values[size // 2 :, ..., -4:], part)
    return list(values)


def _first(size: int, rows_: int) -> Any:
    """Marks the share of ``size`` that so many of the rows have."""
    return np.arange(size) < size * rows_ // (BOUNDARY + TIES + RANDOM)


def typed(part: Value, values: Any) -> Any:
    """The numbers as that type has them."""
    with np.errstate(over="ignore"):
        data = np.array(values).astype(np.float32 if part is wp.bfloat16 else np.dtype(types.name(part)))
    return round_bfloat16(data) if part is wp.bfloat16 else data


def boundary_values(part: Value) -> Any:
    """The values of a scalar type at which something changes, as that type has them; some more than once."""
    return np.array([False, True]) if part is wp.bool else typed(part, special_values(part)[0])


def _ends(needs: Interval | None) -> list[Any]:
    ends = [] if needs is None else [needs.low, needs.high, -2 if needs.negatives else None]
    return [end for end in ends if end is not None]


def _admissible(values: Any, needs: Interval | None) -> Any:
    """Those of the values that keep the contract."""
    if needs is None:
        return values
    low = values >= needs.low if needs.low is not None else np.True_
    high = values <= needs.high if needs.high is not None else np.True_
    return values[(low & high) | (values <= -2 if needs.negatives else np.False_)]


def drawn(rng: np.random.Generator, part: Value, needs: Interval | None, size: int) -> Any:
    """Random values within the contract: floats of many magnitudes or even within the interval, any integers."""
    if part is wp.bool:
        return rng.integers(0, 2, size).astype(np.bool_)
    if needs is not None:
        low = 0 if needs.low is None else needs.low
        high = low + 100 if needs.high is None else needs.high
        if part in types.INTEGERS:
            values: Any = rng.integers(math.ceil(low), math.floor(high), size, endpoint=True)
        else:
            values = rng.integers(math.ceil(low * 64), math.floor(high * 64), size, endpoint=True) / 64
        turned = needs.negatives & (rng.random(size) < 0.3) & (values >= 2)
        return typed(part, np.where(turned, -values, values))
    if part in types.INTEGERS:
        info = np.iinfo(np.dtype(types.name(part)))
        wide = rng.integers(info.min, info.max, size, info.dtype, endpoint=True)
        return np.where(rng.random(size) < 0.5, rng.integers(0, 20, size).astype(info.dtype), wide)
    wide = rng.normal(size=size) * 10.0 ** rng.uniform(-3, 3, size)
    return typed(part, np.where(rng.random(size) < 0.5, rng.normal(size=size), wide))


def _make_units(quaternions: Any, part: Value) -> None:
    """Makes every other quaternion a unit, in place; those that are not finite or zero stay what they are."""
    with np.errstate(all="ignore"):
        length = np.sqrt((quaternions.astype(np.float64) ** 2).sum(-1, keepdims=True))
        units = typed(part, quaternions / length)
    usable = np.isfinite(units).all(-1, keepdims=True) & (length > 0)
    usable[::2] = False
    quaternions[...] = np.where(usable, units, quaternions)
