"""Programs that share one Warp module must not share names: Warp finds functions and structs by them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def with_suffix(source: str, suffix: str) -> tuple[str, Callable[[str], str]]:
    """The program with ``suffix`` behind the names of its top-level functions and classes, wherever they are meant.

    Locals, parameters, fields, attributes, keywords and strings keep theirs, also where they read the same.

    Returns:
        The program, and what says of a name at its top level, dotted or not, how it reads now.

    Args:
        source: program text.
        suffix: characters of an identifier.

    Raises:
        SyntaxError: the source is no Python.
    """
    tree = ast.parse(source)
    definitions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    lines = source.encode().split(b"\n")
    names = frozenset(node.name for node in definitions)
    uses = _uses(tree, names)
    ends = {*uses, *(_end_of_name(node, lines) for node in definitions)}
    for line, column in sorted(ends, reverse=True):
        lines[line] = lines[line][:column] + suffix.encode() + lines[line][column:]

    def rename(name: str) -> str:
        head, dot, rest = name.partition(".")
        return f"{head}{suffix if head in names else ''}{dot}{rest}"

    return b"\n".join(lines).decode(), rename


def _end_of_name(node: ast.FunctionDef | ast.ClassDef, lines: list[bytes]) -> tuple[int, int]:
    """Line and byte column, both from 0, behind the name in ``def name`` or ``class name``."""
    match = re.compile(rb"(def|class)\s+[^\s(:\[]+").match(lines[node.lineno - 1], node.col_offset)
    assert match is not None, "a definition begins with its keyword and its name"
    return node.lineno - 1, match.end()


def _uses(node: ast.AST, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where uses of the top-level names end, line and byte column, both from 0."""
    if isinstance(node, ast.Name) and node.id in names:
        assert node.end_col_offset is not None
        yield node.lineno - 1, node.end_col_offset
    own = set(_body(node)) if isinstance(node, _SCOPES) else set()
    inner = names - _bound(node) if own else names
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, inner if child in own else names)


def _body(scope: ast.AST) -> list[ast.AST]:
    """What is evaluated inside a scope; decorators, annotations and defaults are not."""
    assert isinstance(scope, _SCOPES)
    return [scope.body] if isinstance(scope, ast.Lambda) else list(scope.body)


def _bound(scope: ast.AST) -> set[str]:
    """Names that a scope binds itself."""
    found = {part.arg for part in ast.walk(scope) if isinstance(part, ast.arg)}
    for part in ast.walk(scope):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif part is not scope and isinstance(part, ast.FunctionDef | ast.ClassDef):
            found.add(part.name)
    return found
