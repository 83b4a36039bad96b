"""What a function is read as, and which of the checker's types programs of ours have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import STRUCT, TileForm, name_of, type_of
from warpsmith.grammar.profile import Form
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import StructType, TileType, TupleType

UNREAD = "?"
"""The rule of a statement that no rule says."""


@dataclass(frozen=True)
class FunctionForm:
    """A function that somebody wrote.

    Attributes:
        kind: ``kernel`` or ``func``.
        name: its name.
        parameters: name, name of the type, and annotation of each parameter whose type can be drawn.
        body: its statements.
        statements: how many there are.
        annotated: whether it says what it returns.
        definition: what is counted of how it is defined: a table of the profile's sizes, and the entry in it.
    """

    kind: str
    name: str
    parameters: tuple[tuple[str, str, str], ...]
    body: tuple[Form, ...]
    statements: int
    annotated: bool
    definition: tuple[tuple[str, str], ...] = ()

    def everything(self) -> Iterator[Form]:
        """Its statements, and those in them."""
        for statement in self.body:
            yield from (f for f in statement.everything() if not f.rule.result)


_VALUES = frozenset(types.VALUES)


def drawn(t: Any) -> Any:
    """The type as programs of ours have it; ``None`` if they do not.

    Args:
        t: a type of the checker's.
    """
    if isinstance(t, TileType):
        ndim = 0 if t.shape == (1,) else len(t.shape)
        return TileForm(t.dtype, ndim) if types.is_scalar(t.dtype) and ndim <= 2 else None
    if isinstance(t, StructType):
        return STRUCT
    if isinstance(t, Array):
        element = STRUCT if isinstance(t.dtype, StructType) else t.dtype if t.dtype in _VALUES else None
        return Array(element, t.ndim) if element is not None and 1 <= t.ndim <= 4 else None
    return t if isinstance(t, type) and t in _VALUES else None


def told(t: Any) -> str:
    """What a type is called in a reason."""
    if isinstance(t, Array):
        return f"an array of {told(t.dtype)}"
    if isinstance(t, TileType):
        return "another tile"
    if isinstance(t, TupleType):
        return "a tuple"
    return "a struct" if hasattr(t, "fields") else types.name(t)


def constructible(t: Any, operands: tuple[str, ...]) -> bool:
    """Whether a constructor of the type can be drawn with such operands."""
    if not types.is_composite(t):
        return len(operands) == 1 and types.is_scalar(types.BY_NAME.get(operands[0]))
    part, shape = name_of(types.scalar(t)), types.shape(t)
    size = shape[0] * (shape[1] if len(shape) > 1 else 1)
    if types.kind(t) in ("vec", "mat") and operands in ((), (part,)):
        return True
    vector = types.find("vec", (3,), types.scalar(t))
    if types.kind(t) == "quat" and vector is not None and operands in ((), (name_of(vector), part)):
        return True
    if types.kind(t) == "transform" and vector is not None:
        return operands == (name_of(vector), name_of(types.the("quat", (4,), types.scalar(t))))
    return operands == (part,) * size


def element(text: str, indices: Sequence[str]) -> Any:
    """The type of an element of an array, or of a component."""
    if any(types.BY_NAME.get(i) not in types.INTEGERS for i in indices):
        return None
    if text.startswith("array"):
        left = int(text[5]) - len(indices)
        return type_of(f"array{left}d{text[7:]}" if left > 0 else text[8:-1]) if left >= 0 else None
    if text.startswith("tile"):
        return types.BY_NAME[text[7:-1]] if len(indices) == max(1, int(text[4])) else None
    t = types.BY_NAME.get(text)
    if t is None or not types.is_composite(t):
        return None
    shape = types.shape(t)
    if len(indices) == len(shape):
        return types.scalar(t)
    return types.find("vec", (shape[1],), types.scalar(t)) if len(indices) == 1 and len(shape) == 2 else None
