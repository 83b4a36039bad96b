"""Python's operators in parsed source, by the builtins that they stand for."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.grammar.operations import OPERATIONS


def _operator(text: str) -> Any:
    return type(ast.parse(text, mode="eval").body.op)  # type: ignore[attr-defined]


_BINARY = [(_operator(f"a {sign} b"), sign, o.name) for o in OPERATIONS.values() for sign in o.operators]
_UNARY = [(_operator(f"{o.prefix} a"), o.prefix, o.name) for o in OPERATIONS.values() if o.prefix]

BINARY: dict[type[ast.operator], str] = {operator: name for operator, _, name in _BINARY}

UNARY: dict[type[ast.unaryop], str] = {operator: name for operator, _, name in _UNARY}

_BY_CLASS = {operator.__name__: name for operator, _, name in (*_BINARY, *_UNARY)}

SIGNS: dict[str, str] = {operator.__name__: sign for operator, sign, _ in (*_BINARY, *_UNARY)}
"""How an operator is written, by the name of its class: ``+`` of ``Add``."""


def builtin_of(head: str) -> str:
    """The builtin that the head of a profile's rule stands for: ``add`` of ``bin:Add``, ``dot`` of ``call:wp.dot``."""
    kind, _, what = head.partition(":")
    if kind in ("bin", "un"):
        return _BY_CLASS.get(what, "")
    return what.removeprefix("wp.") if kind == "call" else ""
