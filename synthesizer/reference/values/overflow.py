"""Formulas of several operations whose terms overflow: in one order of operations, fused or not, and not in another."""

from __future__ import annotations

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.rounding import Rounding
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.synthesizer.reference.values.boxes import INF, Box, note

ORDER = "an overflow depends on the order of operations"

_MOST = {t: float(np.finfo(DTYPES[t]).max) for t in types.FLOATS}


def unsettled(found: tuple[Box, ...], boxes: tuple[Box, ...], by: Rounding) -> tuple[Box, ...]:
    """The results, nothing being known of those that another order of operations may have left finite, or infinite.

    Args:
        found: the results of a formula.
        boxes: its operands.
        by: how it rounds; its terms are products of ``by.degree`` components.
    """
    floats = [b for b in boxes if types.kind(types.scalar(b.type)) == "float"]
    if not by.inner or not floats:
        return found
    most = _MOST[types.scalar(floats[0].type)]
    size = max(_size(b) for b in floats)
    if size < (most / 64.0) ** (0.5 / by.degree):
        return found
    everything = size >= (most / 8.0) ** (1.0 / by.degree)
    return tuple([_unsettled(b, everything) for b in found])


def _size(box: Box) -> float:
    """The largest finite component."""
    values = abs(np.asarray(box.value, np.float64))
    return float(np.max(values, initial=0.0, where=np.isfinite(values)))


def _unsettled(box: Box, everything: bool) -> Box:
    lost = np.ones(np.shape(box.value), bool) if everything else ~np.isfinite(box.value)
    if not lost.any():
        return box
    note(ORDER)
    error = np.where(lost, INF, box.error)
    return Box(box.type, box.value, error if error.ndim else float(error), box.marks)
