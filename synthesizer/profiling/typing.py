"""Types of expressions in other people's functions, as far as a quick look tells: what it cannot tell is unknown."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.derive import derived
from warpsmith.grammar.operations.operators import BINARY
from warpsmith.grammar.types import Array, Type
from warpsmith.grammar.written import written

PYTHON: dict[str, Type] = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
"""Python's own types that a kernel may call or annotate with."""

GENERIC = ("Any", "wp.Float", "wp.Scalar")
"""Annotations that stand for many types: float32 is one. So is a name that a factory has for its element type."""

ALIKE = {"min": "min", "max": "max", "abs": "abs", "round": "round", "pow": "pow"}
"""Python's functions that Warp takes for its own."""


class Untold(Exception):  # it is no error: something stands there that no rule says
    """No rule says this; the text is the reason."""


@dataclass
class Scope:
    """What names mean in one function.

    Attributes:
        types: type by name.
        origins: what a name is: ``thread``, ``loop``, ``param``, ``local``, ``constant``.
        functions: the file's own functions: types of their parameters, and of the result.
    """

    types: dict[str, Type] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    functions: dict[str, tuple[tuple[Type, ...], Any]] = field(default_factory=dict)


def spelled(node: ast.expr) -> str:
    """``wp.vec3`` for ``wp.vec3`` and ``warp.vec3``; of a name itself; otherwise empty."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("wp", "warp"):
        return f"wp.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def value_type(text: str) -> Type | None:
    """The value type that a spelling names, ``wp.vec3`` or ``float``."""
    if text in PYTHON:
        return PYTHON[text]
    found = getattr(wp, text.removeprefix("wp."), None) if text.startswith("wp.") else None
    try:
        return types.canonical(found)
    except TypeError:
        return None


def annotated(node: ast.expr | None) -> Type | None:
    """The type that an annotation means, if it is an array or a value."""
    if node is None:
        return None
    if isinstance(node, (ast.Name, ast.Attribute)):
        return PYTHON["float"] if spelled(node) in GENERIC else value_type(spelled(node))
    head, dtype, ndim = _array(node)
    if not head.startswith("wp.array") or dtype is None:
        return None
    found = value_type(spelled(dtype))
    if found is None and isinstance(dtype, ast.Name):
        found = wp.float32
    suffix = head.removeprefix("wp.array")
    if suffix:
        ndim = int(suffix[0]) if suffix in ("1d", "2d", "3d", "4d") else 0
    return Array(found, ndim) if isinstance(found, type) and 1 <= ndim <= 4 else None


def _array(node: ast.expr) -> tuple[str, ast.expr | None, int]:
    """Head, element type and dimensions of an array's annotation."""
    if isinstance(node, ast.Subscript):
        return spelled(node.value), node.slice, 1
    if not isinstance(node, ast.Call):
        return "", None, 0
    keywords = {k.arg: k.value for k in node.keywords}
    ndim = keywords.get("ndim", node.args[1] if len(node.args) > 1 else None)
    number = ndim.value if isinstance(ndim, ast.Constant) and isinstance(ndim.value, int) else 1 if ndim is None else 0
    return spelled(node.func), keywords.get("dtype", node.args[0] if node.args else None), number


@cache
def drawable() -> frozenset[str]:
    """The builtins that the grammar draws, which mean something outside of a launch, too."""
    return frozenset(p.builtin for p in (*derived(), *written()))


@cache
def builtin_result(name: str, operands: tuple[Type, ...]) -> Any:
    """What a builtin yields for operands of those types; ``...`` where it cannot be told."""
    for s in registry.by_name().get(name, ()):
        if s.operands[: len(operands)] == operands and len(operands) >= s.required:
            return s.result
    return _written().get((name, operands), ...)


@cache
def _written() -> dict[tuple[str, tuple[Type, ...]], Any]:
    """Results of the productions that are no record of the registry: ``where``, and products of matrices."""
    return {(p.builtin, p.operands): p.result for p in written() if not p.spelling}


def constructed(t: Type, operands: tuple[Type, ...]) -> bool:
    """Whether the type can be made of such operands, as far as a quick look tells."""
    if isinstance(t, Array):
        return False
    if not types.is_composite(t):
        return len(operands) == 1 and isinstance(operands[0], type) and types.is_scalar(operands[0])
    part, shape = types.scalar(t), types.shape(t)
    size = 1
    for n in shape:
        size *= n
    if types.kind(t) in ("vec", "mat") and operands in ((), (part,)):
        return True
    if types.kind(t) == "quat" and operands in ((), (types.find("vec", (3,), part), part)):
        return True
    if types.kind(t) == "transform":
        return operands == (types.find("vec", (3,), part), types.find("quat", (4,), part))
    return operands == (part,) * size


def binary_result(operator: ast.operator, a: Type, b: Type) -> Type | None:
    """The type of ``a + b`` and its like."""
    if not isinstance(a, type) or not isinstance(b, type):
        return None
    name = _OPERATORS.get(type(operator))
    if name is None:
        return None
    found = builtin_result(name, (a, b))
    return found if isinstance(found, type) else _product(operator, a, b)


def _product(operator: ast.operator, a: type, b: type) -> Type | None:
    """Of generic records that have no expansion: scaling, and products of matrices."""
    if a is b and isinstance(operator, (ast.Add, ast.Sub)):
        return a
    if types.is_scalar(b) and types.scalar(a) is b and isinstance(operator, (ast.Mult, ast.Div)):
        return a
    if types.is_scalar(a) and types.scalar(b) is a and isinstance(operator, ast.Mult):
        return b
    return None


_OPERATORS = {operator: name for operator, name in BINARY.items() if operator is not ast.MatMult}


def element(t: Type, indices: tuple[Type, ...]) -> Type | None:
    """The type of an element of an array, or of a component."""
    if any(i not in types.INTEGERS for i in indices):
        return None
    if isinstance(t, Array):
        return t.dtype if len(indices) == t.ndim else None
    if not types.is_composite(t):
        return None
    shape = types.shape(t)
    if len(indices) == len(shape):
        return types.scalar(t)
    if len(indices) == 1 and len(shape) == 2:
        return types.find("vec", (shape[1],), types.scalar(t))
    return None
