"""Another correct implementation of what programs mean, to see whether bounds hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np
import warp as wp

from tests.proofs.operands import typed
from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.rounding import Rounding
from warpsmith.synthesizer.reference.derivatives import gradient
from warpsmith.synthesizer.reference.derivatives.recording import recorder
from warpsmith.synthesizer.reference.derivatives.reverse import Pass
from warpsmith.synthesizer.reference.values import builtins
from warpsmith.synthesizer.reference.values.boxes import Box
from warpsmith.synthesizer.reference.values.builtins import unwrapped
from warpsmith.synthesizer.reference.values.operations import resolve


class Elsewhere:
    """Another correct implementation: what IEEE 754 leaves open comes out otherwise.

    Library functions are off by up to their four units, products by half a unit (as if they were fused with what
    follows), and longer formulas are computed in float64 and rounded once.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def unwrapped(self, name: str, operands: tuple[type, ...]) -> Any:
        f, by = unwrapped(name, operands), record(name).rounds(operands)
        if (
            not any(types.kind(types.scalar(t)) == "float" for t in operands)
            or not (by.outer or by.inner)
            or by.correct
            or any(types.scalar(t) is wp.bfloat16 for t in operands)  # whose values are not all that float32 has
        ):
            return f
        return partial(self.recomputed if by.inner and not by.normwise else self.moved, f, by)

    def moved(self, f: Any, by: Rounding, *xs: Any, **options: Any) -> Any:
        value = f(*xs, **options)
        if isinstance(value, tuple):
            return tuple(map(self.off, value))
        return self.off(value, min(by.outer, 8.0))

    def off(self, value: Any, ulps: float = 1.0) -> Any:
        if np.asarray(value).dtype.kind != "f":
            return value
        kind = value.dtype.type
        amount = self.random.uniform(-0.5, 0.5, np.shape(value)) * ulps * np.finfo(kind).eps
        return (value.astype(np.float64) * (1 + amount)).astype(kind)

    def recomputed(self, f: Any, by: Rounding, *xs: Any, **options: Any) -> Any:
        value = f(*xs, **options)
        if not all(map(_moderate, xs)):
            return value
        wide = f(*(x.astype(np.float64) if np.asarray(x).dtype.kind == "f" else x for x in xs), **options)
        if isinstance(value, tuple):
            return tuple(np.asarray(w).astype(np.asarray(v).dtype)[()] for w, v in zip(wide, value, strict=True))
        return np.asarray(wide).astype(np.asarray(value).dtype)[()]


class Rounded(Pass):
    """A backward pass in the program's own types: every flow is rounded, and so is every sum of flows."""

    def add(self, box: Box, flow: Any) -> None:
        super().add(box, _rounded(box, flow))
        self.flows[id(box)] = _rounded(box, self.flows[id(box)])


def _rounded(box: Box, flow: Any) -> Any:
    """The flow as the type of the box has it."""
    number = typed(types.scalar(box.type), flow).astype(np.float64)
    return number if np.ndim(flow) else float(number)


def _moderate(x: Any) -> bool:
    """Whether no product of two of the components overflows or vanishes in their type, as it would not in float64."""
    part = np.asarray(x)
    if part.dtype.kind != "f":
        return True
    limits, size = np.finfo(part.dtype), abs(part[part != 0].astype(np.float64))
    low, high = float(limits.smallest_subnormal) ** 0.5, float(limits.max) ** 0.5
    return bool(((low < size) & (size < high)).all())


@contextmanager
def elsewhere(seed: int) -> Iterator[None]:
    """Inside, programs are evaluated by another correct implementation; ``seed`` decides how it rounds."""
    forget()
    with patch.object(builtins, "unwrapped", Elsewhere(seed).unwrapped), patch.object(gradient, "Pass", Rounded):
        yield
    forget()


def forget() -> None:
    """Drops the operations that are remembered, and the programs that have them."""
    module = import_module("warpsmith.synthesizer.reference.evaluate")
    for remembered in (resolve, module._prepared, recorder):
        remembered.cache_clear()
