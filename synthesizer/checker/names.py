"""Names that a piece of code binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def target_names(node: ast.AST) -> Iterator[str]:
    """Names in the target of an assignment."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, (ast.Tuple, ast.List)):
        for element in node.elts:
            yield from target_names(element)
    elif isinstance(node, ast.Starred):
        yield from target_names(node.value)


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """A function's parameters but for ``*args`` and ``**kwargs``."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def defaults_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> dict[str, ast.expr]:
    """Defaults of a function's parameters by name."""
    positional = [*node.args.posonlyargs, *node.args.args]
    late = positional[len(positional) - len(node.args.defaults) :]
    found = {a.arg: d for a, d in zip(late, node.args.defaults, strict=True)}
    keyed = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return found | {a.arg: d for a, d in keyed if d is not None}


def dotted(node: ast.AST | None) -> str:
    """``a.b.c`` as text; the empty text if the node is no dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
