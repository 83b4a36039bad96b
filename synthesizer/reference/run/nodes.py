"""Nodes that lowered code is made of."""

from __future__ import annotations

import ast
from collections.abc import Callable
from operator import invert, neg, not_, pos
from typing import Any

RUNTIME = (
    "tid",
    "atomic",
    "range",
    "reversed",
    "branch",
    "again",
    "loop_needs",
    "loop_changes",
    "loop_begins",
    "loop_ends",
    "loop_redecides",
    "own",
    "both",
    "either",
    "pick",
    "stale",
    "unordered",
    "unknown",
    "no_value",
    "span",
    "tile",
    "found",
    "next",
    "function",
    "dispatch",
    "gradient",
    "captured",
    "plain",
    "static",
    "call",
    "like",
    "spread",
    "grad",
    "adjoint",
)
"""What lowered code calls beside operations, each under its name after two underscores."""

_FOLDS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: neg,
    ast.UAdd: pos,
    ast.Invert: invert,
    ast.Not: not_,
}
"""What Warp folds in front of a literal."""


def unsupported(node: ast.AST) -> NotImplementedError:
    """The error for what the grammar does not write."""
    return NotImplementedError(f"no meaning for {ast.unparse(node)!r}, line {getattr(node, 'lineno', '?')}")


def name(identifier: str) -> ast.Name:
    """The value of a name."""
    return ast.Name(identifier, ast.Load())


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """A call of a name of the namespace."""
    return ast.Call(name(function), list(arguments), [])


def runtime(function: str, *arguments: ast.expr) -> ast.Call:
    """A call of one of :data:`RUNTIME`."""
    assert function in RUNTIME
    return call(f"__{function}", *arguments)


def bind(identifier: str, value: ast.expr) -> ast.expr:
    """The value, to which a name is bound as well."""
    return ast.NamedExpr(ast.Name(identifier, ast.Store()), value)


def set_name(identifier: str, value: ast.expr) -> ast.stmt:
    """A name becomes a value."""
    return ast.Assign([ast.Name(identifier, ast.Store())], value)


def number_of(identifier: str) -> ast.expr:
    """The NumPy value of the box that a name holds."""
    return ast.Attribute(name(identifier), "value", ast.Load())


def item(value: ast.expr, i: int) -> ast.expr:
    """One of several values."""
    return ast.Subscript(value, ast.Constant(i), ast.Load())


def first_of(*values: ast.expr) -> ast.expr:
    """The first of some values, all of which are evaluated in this order."""
    return item(ast.Tuple(list(values), ast.Load()), 0)


def if_bound(identifier: str, then: ast.stmt) -> ast.stmt:
    """A statement for the case that the name has a value."""
    return ast.If(is_bound(identifier), [then], [])


def is_bound(identifier: str) -> ast.expr:
    """Whether the name has a value."""
    return ast.Compare(ast.Constant(identifier), [ast.In()], [call("locals")])


def literal(node: ast.expr) -> Any:
    """The value of a literal under any number of unary operators, which Warp folds; else ``None``."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (bool, int, float)) else None
    if isinstance(node, ast.UnaryOp):
        value = literal(node.operand)
        return None if value is None else _FOLDS[type(node.op)](value)
    return None
