"""What the parts of a program cost, in tokens of what Warp and its compilers make of them: data, measured once.

``costs.csv`` is written by ``python -m warpsmith.corpus.measure``, which says how. A cost is an estimate: a compiler
sees a whole kernel, and not its parts.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Array, Type, Value

PATH = Path(__file__).with_name("costs.csv")
LEVELS = ("cpp", "ptx")
"""Levels at which costs are measured; generated CUDA C++ is as long as C++."""
KERNEL = "kernel"
"""The name of what a kernel costs that does nothing."""


_ALIKE = {wp.float16: wp.float32, wp.bfloat16: wp.float32, **dict.fromkeys(types.INTEGERS, wp.int32)}
"""Component types whose vectors and matrices cost what those of another one do, about."""


@cache
def measured_type(t: Value) -> Value:
    """The type whose costs a type has: composites of float32 and int32 stand for others; a number has its own."""
    if types.kind(t) == "struct":
        return t
    return types.find(types.kind(t), types.shape(t), _ALIKE.get(types.scalar(t), types.scalar(t))) or t


def reading(t: Value) -> str:
    """The name of what it costs to read an element of an array."""
    return f"read {types.name(measured_type(t))}"


def storing(t: Value) -> str:
    """The name of what it costs to store one."""
    return f"store {types.name(measured_type(t))}"


@cache
def entry(p: Production) -> str:
    """The name of what a production costs: its own, with the types that are measured in place of its types."""
    operands = ", ".join(map(types.name, map(measured, p.operands)))
    key = f"{p.builtin}{p.spelling}({operands})"
    return key if not p.spelling else f"{key} -> {types.name(measured(p.result))}"  # type: ignore[arg-type]


def measured(t: Type) -> Type:
    """The type whose costs a type has, be it an array's."""
    return Array(measured_type(t.dtype), t.ndim) if isinstance(t, Array) else measured_type(t)


@cache
def costs(level: str) -> dict[str, int]:
    """Tokens by name: of productions, of :data:`KERNEL`, of reading and of storing.

    Args:
        level: one of :data:`LEVELS`.
    """
    with PATH.open(encoding="utf-8", newline="") as file:
        return {row["name"]: int(row[level]) for row in csv.DictReader(file)}
