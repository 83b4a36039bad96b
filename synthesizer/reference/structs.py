"""Structs of the launch: records of NumPy, and boxes of boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grammar import types
from grammar.types import Value
from synthesizer.reference.boxes import Box


def boxed(t: Value, record: Any) -> Box:
    """The value that a record holds."""
    if types.kind(t) == "struct":
        return Box(t, {name: boxed(field, record[name]) for name, field in types.fields(t).items()})
    return Box(t, np.array(record)[()] if types.shape(t) else np.asarray(record)[()])


def recorded(box: Box, leaf: Callable[[Box], Any]) -> Any:
    """What NumPy stores into a record: for each field what ``leaf`` makes of its box."""
    if type(box.value) is dict:
        return tuple([recorded(field, leaf) for field in box.value.values()])
    return leaf(box)
