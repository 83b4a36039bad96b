"""How people spell Warp's names."""

from __future__ import annotations

import ast
from functools import cache

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.types import Value

PYTHON: dict[str, Value] = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
"""Python's own types that a kernel may call or annotate with."""


def spelled(node: ast.expr) -> str:
    """``wp.vec3`` for ``wp.vec3`` and ``warp.vec3``; of a name itself; otherwise empty."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("wp", "warp"):
        return f"wp.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def captured(node: ast.expr) -> str:
    """What is read from outside of a function: a name, Warp's constant, ``.attribute``, or ``static()``."""
    if isinstance(node, ast.Call):
        return "static()"
    return spelled(node) or ".attribute"


@cache
def value_type(text: str) -> Value | None:
    """The value type that a spelling names, ``wp.vec3`` or ``float``."""
    if text in PYTHON:
        return PYTHON[text]
    found = getattr(wp, text.removeprefix("wp."), None) if text.startswith("wp.") else None
    try:
        return types.canonical(found)
    except TypeError:
        return None
