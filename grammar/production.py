"""The one abstraction: a production is one typed, spellable, executable construct, as inert data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import libcst as cst

from warpsmith.grammar import registry, types
from warpsmith.grammar.operations import OPERATIONS, Interval, Operation
from warpsmith.grammar.types import Array, Result, Tile, Type, Value

__all__ = ["Interval", "Production"]


@dataclass(frozen=True, eq=False)
class Production:
    """One typed, spellable, executable construct.

    Attributes:
        builtin: the key in Warp's registry, or the construct's own name (``"conditional"``).
        operands: types of the operands, in evaluation order.
        result: a value type, several, or ``None`` for a statement.
        build: operands' libcst nodes to the node. Precedence and parentheses are :mod:`grammar.spell`'s business.
        evaluate: operands' values to the value, in NumPy. Read from the operation's record, and given only for what is
            no builtin, or is spelled so that it says more than its operands (``.x``); ``None`` where none is written.
        requires: one entry per operand: the :class:`Interval` it must lie in, or ``None``.
        traits: of ``differentiable``, ``flat`` (Warp does not differentiate it), ``constant`` (Warp folds it),
            ``random`` (advances its first operand), ``mutates`` (writes its first operand).
        weight: how often it is chosen among those of its result type, relative to 1 for a builtin.
        spelling: tells apart productions of one builtin and one signature, ``".x"``.
    """

    builtin: str
    operands: tuple[Type, ...]
    result: Result
    build: Callable[..., cst.BaseExpression]
    evaluate: Callable[..., Any] | None = None
    requires: tuple[Interval | None, ...] = ()
    traits: frozenset[str] = frozenset()
    weight: int = 1
    spelling: str = ""

    def __post_init__(self) -> None:
        values = tuple(t.dtype if isinstance(t, (Array, Tile)) else t for t in self.operands)
        meaning = self.operation.evaluate(values) if self.operation is not None else None
        if self.evaluate is None:
            object.__setattr__(self, "evaluate", meaning)
        elif self.evaluate is not meaning and not self.spelling and self.builtin in registry.names():
            raise TypeError(f"what {self.builtin} means stands in its record, in grammar/operations")
        if not self.requires:
            object.__setattr__(self, "requires", (None,) * len(self.operands))
        key = f"{self.builtin}{self.spelling}({', '.join(map(types.name, self.operands))})"
        # The result belongs to the name where the operands do not settle it: int32 -> float32 by ``cast``.
        object.__setattr__(self, "name", key if not self.spelling else f"{key} -> {types.name(self.result)}")

    name: str = ""

    @property
    def operation(self) -> Operation | None:
        """The record of what it applies; ``None`` for syntax that applies nothing."""
        return OPERATIONS.get(self.builtin)

    @property
    def mentioned(self) -> tuple[Value, ...]:
        """The types of its operands and results; of arrays those of their elements."""
        results = self.result if isinstance(self.result, tuple) else (self.result,)
        return tuple(
            t.dtype if isinstance(t, (Array, Tile)) else t for t in (*self.operands, *results) if t is not None
        )

    @property
    def carries(self) -> bool:
        """Whether derivatives lead from its result to its operands."""
        results = self.result if isinstance(self.result, tuple) else (self.result,)
        return "flat" not in self.traits and any(t is not None and types.differentiable(t) for t in results)
