"""Builtins of whole arrays, and atomics on their elements."""

from __future__ import annotations

import numpy as np

from warpsmith.grammar.operations.operation import Operation
from warpsmith.grammar.operations.rounding import EXACT

ARRAY = (
    Operation("len", lambda a: np.int32(len(a)), rounding=EXACT),
    Operation("lower_bound", lambda arr, value: np.int32(np.searchsorted(arr, value)), rounding=EXACT, searches=0),
    Operation("atomic_add", combines="add"),
    Operation("atomic_sub", combines="sub"),
    Operation("atomic_and", combines="bit_and"),
    Operation("atomic_or", combines="bit_or"),
    Operation("atomic_xor", combines="bit_xor"),
    Operation("atomic_min", combines="min", rereads=True),
    Operation("atomic_max", combines="max", rereads=True),
    Operation("atomic_exch", combines="exchange"),
    Operation("atomic_cas", combines="exchange", values=2),
)
