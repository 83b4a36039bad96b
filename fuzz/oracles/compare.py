"""The one comparison that all oracles of values share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from warpsmith.synthesizer.case import Case, Data
from warpsmith.synthesizer.inputs import columns


@dataclass(frozen=True)
class Difference:
    """How what came out compares with what should have.

    Attributes:
        where: the first component that differs, ``"out[2, 1]"``; empty where none does.
        expected: what should stand there, with its bound.
        actual: what stands there.
        components: how many were compared.
        unclear: how many of them have no finite bound.
    """

    where: str = ""
    expected: str = ""
    actual: str = ""
    components: int = 0
    unclear: int = 0


def compare(
    case: Case,
    expected: Sequence[Data | None],
    actual: Sequence[Data | None],
    errors: Sequence[Data | None] | None = None,
) -> Difference:
    """Compare arrays, argument by argument.

    Args:
        case: whose arguments they are.
        expected: per argument, an array or ``None`` (not compared).
        actual: likewise.
        errors: absolute bounds, shaped like ``expected``: zero means to the bit, but for the payload of a NaN;
            infinite means that anything may stand there. All zero without. A struct's field that they lack is not
            compared.

    Returns:
        The first difference, if any, and the counts.
    """
    where = said = seen = ""
    components = unclear = 0
    for index, (want, got) in enumerate(zip(expected, actual, strict=True)):
        if want is None or got is None:
            continue
        limits = None if errors is None or errors[index] is None else dict(columns(errors[index]))  # type: ignore[arg-type]
        found = dict(columns(got))
        for path, part in columns(want):
            if limits is not None and path not in limits:
                continue
            bound = np.zeros(part.shape) if limits is None else limits[path]
            components, unclear = components + part.size, unclear + int(np.isposinf(bound).sum())
            wrong = ~_near(part, found[path], bound)
            if wrong.any() and not where:
                place = tuple(int(i) for i in np.argwhere(wrong)[0])
                where = f"{case.program.launch.arguments[index].name}{path}{list(place)}"
                said, seen = _number(part[place], bound[place]), _number(found[path][place])
    return Difference(where, said, seen, components, unclear)


def _near(want: Data, got: Data, bound: Data) -> Data:
    with np.errstate(all="ignore"):
        if want.dtype.kind != "f":
            return np.asarray((want == got) | np.isposinf(bound))
        distance = np.abs(want.astype(np.float64) - got.astype(np.float64))
        same = (want == got) | (np.isnan(want) & np.isnan(got))
        other_zero = (bound == 0) & (want == 0) & (np.signbit(want) != np.signbit(got))
        return np.asarray(((same | (distance <= bound)) & ~other_zero) | np.isposinf(bound))


def _number(value: np.generic, bound: float = 0.0) -> str:
    text = repr(value.item())
    return f"{text} (within {bound:.1e})" if bound else text
