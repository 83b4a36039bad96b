"""Values of a running program: each is boxed with its Warp type and a bound of its rounding error.

A box is never changed: assigning one to a second name is the copy that Warp makes of a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.rounding import EPSILON, TINY
from warpsmith.grammar.types import Value

INF = math.inf


class Box:
    """One value.

    Attributes:
        type: its Warp type; bfloat16 and quaternions cannot be told from the NumPy value alone.
        value: as :mod:`grammar.operations.values` represents it; a struct is a ``dict`` of boxes.
        error: how far another correct evaluation may be from ``value``: 0.0 where it must be the very same, else a
            float, or an array with one for each component. Infinite where nothing is known.
        marks: of :data:`ACTIVE`, :data:`STALE` and :data:`GIVEN`, where gradients are asked for.
    """

    __slots__ = ("error", "marks", "type", "value")

    def __init__(self, type_: Any, value: Any, error: Any = 0.0, marks: int = 0) -> None:
        self.type = type_
        self.value = value
        self.error = error
        self.marks = marks


ACTIVE = 1
"""The mark of a value of floats that depends on one whose derivative is asked for."""

STALE = 2
"""The mark of a value that Warp's backward pass does not have any more, by its documentation."""

GIVEN = 4
"""The mark of a value that a function or a dynamic loop was given, which are run again, and of what is made of it."""


def exact(box: Box) -> bool:
    """Whether every correct evaluation yields this very value."""
    return type(box.error) is float and box.error == 0.0


def by_field(box: Box, change: Callable[[Box], Box]) -> Box:
    """The struct with the change of every field; arrays that it holds stay what they are."""
    fields = box.value.items()
    return Box(box.type, {name: change(field) if isinstance(field, Box) else field for name, field in fields})


def unsure(box: Box) -> Box:
    """The value, nothing being known of it."""
    if type(box.value) is dict:
        return by_field(box, unsure)
    return Box(box.type, box.value, everywhere(box.type, INF), box.marks)


def everywhere(t: Value, error: float) -> Any:
    """The same error in every component of a value of that type."""
    extent = types.shape(t)
    return np.full(extent, error) if extent else error


ROUNDING = "a result depends on rounding"
"""The reason why nothing is known of what would be another value if operands were rounded otherwise."""


def ulp(t: Value, value: Any) -> Any:
    """One to two units in the last place, component by component, as float64; for NumPy values of scalar type ``t``."""
    size: Any = abs(value.astype(np.float64))
    return size * EPSILON[t] + TINY[t]


_notes: ContextVar[dict[str, None]] = ContextVar("reasons")


def note(reason: str) -> None:
    """Remembers why something is inconclusive, for the outcome of the evaluation that is under way."""
    _notes.get().setdefault(reason)


def start_notes() -> dict[str, None]:
    """A new list of reasons: what :func:`note` is told from now on."""
    notes: dict[str, None] = {}
    _notes.set(notes)
    return notes
