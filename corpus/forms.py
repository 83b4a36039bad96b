"""Words for types, annotations, decorators and sizes, as the patterns of functions have them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import (
    FixedArray,
    OtherArray,
    StructType,
    TileType,
    TupleType,
    family,
    is_known,
    is_open,
)
from warpsmith.synthesizer.checker.names import dotted

UNKNOWN = "?"
"""The kind of a type that is not known."""
_COMMON = {wp.bool: "bool", wp.int32: "int", wp.float32: "float"}


def kind(t: Any) -> str:
    """A type by its kind."""
    if t is None or not is_known(t):
        return UNKNOWN
    if isinstance(t, (Array, OtherArray)):
        return f"array{t.ndim}" if isinstance(t, Array) else str(t.kind)
    for cls, told in ((StructType, "struct"), (TileType, "tile"), (TupleType, "tuple"), (FixedArray, "local array")):
        if isinstance(t, cls):
            return told
    if is_open(t):
        return "open type"
    base = family(t)
    if base in ("bool", "int", "float"):
        return _COMMON.get(t, f"other {base}")
    if base in ("vec", "mat"):
        usual = t._wp_scalar_type_ is wp.float32 and max(t._shape_) <= 4 and len(set(t._shape_)) == 1
        return base if usual else f"other {base}"
    return base or "object"


def indices(node: ast.Subscript) -> list[ast.expr]:
    """The indices of a subscript."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def outside(node: ast.Attribute) -> str:
    """An attribute of a module or a class."""
    name = dotted(node)
    return f"wp.{node.attr}" if name.startswith(("wp.", "warp.")) and hasattr(wp, node.attr) else "an outside attribute"


def decorator(node: ast.expr) -> str:
    """How a decorator is written, but for its values."""
    called = node.func if isinstance(node, ast.Call) else node
    name = dotted(called)
    told = name.replace("warp.", "wp.") if name.startswith(("wp.", "warp.")) else "another decorator"
    return f"{told}({', '.join(sorted(f'{k.arg}=' for k in node.keywords))})" if isinstance(node, ast.Call) else told


def form(node: ast.expr) -> str:
    """How an annotation is written, but for the names of types."""
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}({', '.join([*('T' for _ in node.args), *(f'{k.arg}=' for k in node.keywords)])})"
    if isinstance(node, ast.Subscript):
        return f"{dotted(node.value)}[{', '.join(form(n) for n in indices(node))}]"
    if isinstance(node, ast.Constant):
        return "text" if isinstance(node.value, str) else repr(node.value)
    return node.id if isinstance(node, ast.Name) and node.id in ("int", "float", "bool", "Any") else "T"


def bucket(n: int) -> str:
    """A number by its magnitude."""
    low = 1 << max(n - 1, 0).bit_length() >> 1
    return str(n) if n <= 2 else f"{low + 1} to {2 * low}"


def depth(body: Sequence[ast.stmt]) -> int:
    """How deep statements are nested."""
    inner = [b for s in body for b in (getattr(s, "body", []), getattr(s, "orelse", [])) if b]
    return 1 + max(map(depth, inner), default=0)
