"""What predicates of known defects ask of a program's tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeGuard

from warpsmith.synthesizer.reference import On, Site
from warpsmith.synthesizer.reference.run.effects import dynamic
from warpsmith.synthesizer.reference.run.tree import loops, walk, warp_name


def called(node: ast.AST) -> str:
    """The name of what a call calls, without a module's; nothing for other nodes."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_own_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it calls what is none of Warp's: by a name, or through a class (``Material.energy(x)``)."""
    if not isinstance(node, ast.Call) or warp_name(node.func) is not None:
        return False
    return isinstance(node.func, ast.Name) or (isinstance(node.func, ast.Attribute) and node.func.attr != "dtype")


def calls(tree: ast.AST, *names: str) -> bool:
    """Whether the program calls one of those, or hands one to a builtin that does: ``wp.tile_map(wp.atan2, y, x)``."""
    return any(called(n) in names or warp_name(n) in names for n in walk(tree))


def operates(tree: ast.AST, *operators: type[ast.AST]) -> bool:
    """Whether the program has one of the operators, be it in place."""
    return any(isinstance(getattr(n, "op", None), operators) for n in walk(tree))


def wherever(predicate: Callable[[ast.Module], bool], *sites: On) -> Callable[[ast.Module], Iterable[Site]]:
    """Those sites, if the predicate holds for a program."""
    return lambda tree: sites if predicate(tree) else ()


def on_calls(*sites: On) -> Callable[[ast.Module], Iterable[Site]]:
    """Those sites of builtins that a program calls."""
    return lambda tree: [site for site in sites if calls(tree, site.operation or "")]


def statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function at any depth."""
    return (n for n in walk(function) if isinstance(n, ast.stmt) and n is not function)


def simple_statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Those that have no statements within."""
    return (n for n in statements(function) if not isinstance(n, (ast.If, ast.For, ast.While)))


def dynamic_loops(node: ast.AST, numbers: Mapping[str, int]) -> list[ast.For | ast.While]:
    """The loops within a node that Warp keeps as loops."""
    return [loop for loop in loops(node) if dynamic(loop, numbers)]


def names_given(call: ast.Call) -> list[str]:
    """The names that are arguments of a call, by position and by keyword."""
    return [a.id for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Name)]
