"""Whether numbers are right: within the reference's bounds, which say where nothing is decided, too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warpsmith.synthesizer.inputs import columns
from warpsmith.tasks.data import Data, Rows

SIDES = 2.0
"""The reference bounds what one correct implementation is off; an answer may round in another order than the program,
which has its own error."""


def difference(names: Sequence[str], expected: Rows, errors: Rows, actual: Rows, relative: float = 0.0) -> str:
    """The first place where something else stands than should, in words; empty where there is none.

    Args:
        names: of the arguments.
        expected: what should stand there, per argument; ``None`` is not compared.
        errors: the reference's bounds; infinite where anything may stand, and a field without any is not compared.
        actual: what stands there.
        relative: what a number may be off besides, in proportion.
    """
    for name, want, bound, got in zip(names, expected, errors, actual, strict=True):
        if want is None or bound is None:
            continue
        if got is None:
            return f"{name} is missing"
        limits, found = dict(columns(bound)), dict(columns(got))
        for path, part in columns(want):
            if path not in limits:
                continue
            wrong = wrong_at(part, limits[path], found[path], relative)
            if wrong.any():
                place = tuple(int(i) for i in np.argwhere(wrong)[0])
                return f"{name}{path}{list(place)} should be {part[place]}, not {found[path][place]}"
    return ""


def wrong_at(want: Data, bound: Data, got: Data, relative: float = 0.0) -> Data:
    """Which components are wrong."""
    decided = ~np.isposinf(bound)
    if got.shape != want.shape:
        return np.asarray(np.broadcast_to(decided.any(), want.shape))
    if want.dtype.kind != "f":
        return np.asarray(decided & (want != got))
    with np.errstate(all="ignore"):
        a, b = want.astype(np.float64), got.astype(np.float64)
        near = np.abs(a - b) <= SIDES * bound + relative * np.abs(a)
        return np.asarray(decided & ~((a == b) | (np.isnan(a) & np.isnan(b)) | near))


def apart(values: Rows, errors: Rows, others: Rows, other_errors: Rows) -> bool:
    """Whether two outcomes differ by more than their bounds together, so that one is wrong for the other."""
    rows = zip(values, errors, others, other_errors, strict=True)
    return any(
        part.size > 0 and bool(_apart(part, dict(columns(e))[path], dict(columns(o))[path], dict(columns(oe))[path]))
        for v, e, o, oe in rows
        if v is not None and e is not None and o is not None and oe is not None
        for path, part in columns(v)
        if path in dict(columns(e))
    )


def _apart(value: Data, error: Data, other: Data, other_error: Data) -> bool:
    bound = error + other_error / SIDES
    return bool((wrong_at(value, bound, other) & ~np.isposinf(other_error)).any())


def decided(errors: Rows) -> tuple[int, int]:
    """How many components have a finite bound, and how many there are."""
    parts = [part for e in errors if e is not None for _, part in columns(e)]
    return sum(int(np.isfinite(part).sum()) for part in parts), sum(part.size for part in parts)
