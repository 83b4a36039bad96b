"""Python's operators in parsed source, by the builtins that they stand for."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.grammar.operations import OPERATIONS


def _operator(text: str) -> Any:
    return type(ast.parse(text, mode="eval").body.op)  # type: ignore[attr-defined]


BINARY: dict[type[ast.operator], str] = {
    _operator(f"a {sign} b"): o.name for o in OPERATIONS.values() for sign in o.operators
}

UNARY: dict[type[ast.unaryop], str] = {_operator(f"{o.prefix} a"): o.name for o in OPERATIONS.values() if o.prefix}
