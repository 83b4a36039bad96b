"""Annotations that are text, or become text by ``from __future__ import annotations``: which names they see.

Warp evaluates them when the decorator runs, with the names of the module and those that the body takes from the
functions around it. A name of such a function that occurs in annotations alone is not among them.
"""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.synthesizer.checker.scope import Scope


def unseen(annotation: ast.expr, scope: Scope, body: list[ast.stmt]) -> str:
    """Why an annotation cannot be evaluated; empty if it can.

    Args:
        annotation: the annotation.
        scope: where the function or struct is defined.
        body: the statements whose free names are seen: a function's; none for a struct.
    """
    quoted = isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)
    if not quoted and not is_postponed(scope):
        return ""
    if quoted and is_postponed(scope):
        return "the annotation is text within text"
    outer = [n for n in _names(_parsed(annotation) if quoted else annotation) if _is_local(n, scope)]
    taken = {n for statement in body for n in _names(statement)} if outer else set()
    return next((f"{n} is no name of the module, and the body does not use it" for n in outer if n not in taken), "")


def is_postponed(scope: Scope) -> bool:
    """Whether the file makes text of all annotations."""
    return any(
        isinstance(s, ast.ImportFrom) and s.module == "__future__" and any(a.name == "annotations" for a in s.names)
        for s in scope.file.tree.body[:3]
    )


def _names(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]


def _parsed(annotation: Any) -> ast.AST:
    try:
        return ast.parse(str(annotation.value).strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Pass()


def _is_local(name: str, scope: Scope) -> bool:
    """Whether a name is bound by functions or classes around alone."""
    inner, where = False, scope
    while where.kind != "module" and where.parent is not None:
        inner |= name in where.bindings or name in where.parameters
        where = where.parent
    return inner and name not in where.bindings and not where.stars
