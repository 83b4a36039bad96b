"""The tree of a program's source: nodes, functions, loops, and the names that a part of it reads and binds."""

from __future__ import annotations

import ast
from functools import lru_cache

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.tile import TILES


@lru_cache(maxsize=16)
def parsed(source: str) -> ast.Module:
    """The indexed tree of a source. It is shared: nobody changes it."""
    return indexed(ast.parse(source))


def indexed(tree: ast.Module) -> ast.Module:
    """The tree, ready for :func:`walk`."""
    if not hasattr(tree, "_below"):
        index(tree)
    return tree


def index(tree: ast.AST) -> None:
    """Lists the nodes of a tree once, for :func:`walk` of any part of it."""
    nodes: list[ast.AST] = []
    add = nodes.append

    def visit(node: ast.AST) -> None:
        first = len(nodes)
        add(node)
        for name in node._fields:
            child = getattr(node, name, None)
            if type(child) is list:
                for c in child:
                    if isinstance(c, ast.AST):
                        visit(c)
            elif isinstance(child, ast.AST) and child._fields:  # contexts and operators have none
                visit(child)
        node._below = (nodes, first, len(nodes))  # type: ignore[attr-defined]

    visit(tree)


def walk(node: ast.AST) -> list[ast.AST]:
    """A node of an indexed tree and all nodes below it, in the order of the source; contexts and operators left out."""
    nodes, first, end = node._below  # type: ignore[attr-defined]
    return nodes[first:end]  # type: ignore[no-any-return]


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions and kernels of an indexed tree, those in factories and classes, too."""
    found = (node for node in walk(tree) if isinstance(node, ast.FunctionDef))
    return [node for node in found if decorated(node, "func") or decorated(node, "kernel")]


def decorated(node: ast.FunctionDef, decorator: str) -> bool:
    """Whether it is ``wp.func`` or ``wp.kernel``, as ``decorator`` says, with options or without."""
    return decoration(node, decorator) is not None


def decoration(node: ast.FunctionDef, decorator: str) -> ast.expr | None:
    """The decorator of that name, ``wp.func`` or ``wp.func(...)``; ``None`` if there is none."""
    for d in node.decorator_list:
        head = d.func if isinstance(d, ast.Call) else d
        if isinstance(head, ast.Attribute) and head.attr == decorator:
            return d
    return None


def loops(node: ast.AST) -> list[ast.For | ast.While]:
    """The loops within a node of an indexed tree."""
    return [n for n in walk(node) if n is not node and isinstance(n, (ast.For, ast.While))]


def names(node: ast.AST) -> set[str]:
    """The names that occur in it."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def bound_in(function: ast.FunctionDef) -> set[str]:
    """The names that a function binds, its parameters among them."""
    parameters = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    return parameters | {n.id for n in walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def names_read(node: ast.AST) -> set[str]:
    """The names that it reads."""
    return {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def warp_name(node: ast.AST) -> str | None:
    """``X`` of ``wp.X``; of a type, its canonical name: ``vec3f`` of ``wp.vec3``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wp":
        return SHORT.get(node.attr, node.attr)
    return None


def _short_names() -> dict[str, str]:
    """Warp's names for types that it also calls otherwise."""
    found = {}
    for text, t in vars(wp).items():
        if types.is_composite(t) and (known := types.name(t)) != text and hasattr(wp, known):
            found[text] = known
    return found


SHORT = _short_names()
"""Canonical name by short name of a type."""


def assigned(body: list[ast.stmt]) -> list[str]:
    """The names that statements may bind, parts of their values included; sorted."""
    found: set[str] = set()
    for statement in body:
        for node in walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                found.add(base(node))
            elif changed := tiles_changed(node):
                found.update(changed)
            elif changes_its_operand(node):
                found.add(node.args[0].id)  # type: ignore[attr-defined]
    return sorted(found)


def tiles_changed(node: ast.AST) -> list[str]:
    """The names of the tiles that a builtin changes in place."""
    operation = TILES.get(warp_name(node.func) or "") if isinstance(node, ast.Call) else None
    if operation is None or not isinstance(node, ast.Call):
        return []
    return [a.id for i, a in enumerate(node.args) if i in operation.changes and isinstance(a, ast.Name)]


def changes_its_operand(node: ast.AST) -> bool:
    """Whether a builtin changes the name that is its first argument: a random state, or a transform."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (record(node.func.attr).advances or record(node.func.attr).sets)
        and isinstance(node.args[0], ast.Name)
    )


def base(node: ast.expr) -> str:
    """The name that a part of a value is reached from."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    assert isinstance(node, ast.Name)
    return node.id
