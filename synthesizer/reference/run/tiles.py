"""Calls of tile builtins, lowered: arguments by the names of Warp's parameters, what is constant as it is."""

from __future__ import annotations

import ast
from collections.abc import Callable

from warpsmith.grammar import registry, types
from warpsmith.grammar.operations.tile import TILES
from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.namespace import Namespace
from warpsmith.synthesizer.reference.run.tree import warp_name

_HOW = ("storage", "bounds_check", "aligned", "precision", "atomic")
"""What says how a tile is held or moved, and nothing about its elements."""


class Tiles:
    """Lowers calls of tile builtins."""

    def __init__(self, namespace: Namespace, expr: Callable[[ast.expr], ast.expr]) -> None:
        self._namespace = namespace
        self._expr = expr

    def call(self, name: str, node: ast.Call) -> ast.expr:
        """The call of a builtin of that name."""
        keywords = [
            ast.keyword(parameter, self._argument(parameter, value))
            for parameter, value in given(name, node)
            if parameter not in _HOW
        ]
        return ast.Call(nodes.name("__tile"), [ast.Constant(name)], keywords)

    def _argument(self, parameter: str, value: ast.expr) -> ast.expr:
        if parameter in ("shape", "axis"):
            return self._constant(value)
        if parameter == "fill_mode":
            return value
        if parameter == "dtype":
            return ast.Constant(types.name(self._namespace.type(value)))
        if parameter == "op":
            built_in = warp_name(value)
            return value if built_in is None else ast.Constant(built_in)
        if isinstance(value, ast.Tuple):
            return ast.Tuple(list(map(self._expr, value.elts)), ast.Load())
        return self._expr(value)

    def _constant(self, node: ast.expr) -> ast.expr:
        """A size, or several: literals, and names of constants of the file."""
        if isinstance(node, ast.Tuple):
            return ast.Tuple(list(map(self._constant, node.elts)), ast.Load())
        size = self._namespace.sizes.get(node.id) if isinstance(node, ast.Name) else nodes.literal(node)
        if size is None:
            raise nodes.unsupported(node)
        return ast.Constant(size)


def given(name: str, node: ast.Call) -> list[tuple[str, ast.expr]]:
    """The arguments of a call by parameter; those of ``*args`` are one tuple."""
    named = [(k.arg or "", k.value) for k in node.keywords]
    parameters = _parameters(name, len(node.args), {key for key, _ in named})
    found: list[tuple[str, ast.expr]] = []
    for i, value in enumerate(node.args):
        parameter = parameters[min(i, len(parameters) - 1)]
        if parameter.startswith("*"):
            return [*found, (parameter[1:], ast.Tuple(node.args[i:], ast.Load())), *named]
        found.append((parameter, value))
    return [*found, *named]


def _parameters(name: str, count: int, named: set[str]) -> tuple[str, ...]:
    """The parameters of the first record that takes so many arguments by position, and those names.

    What says how is named: records of one builtin may differ in the number of indices before it.
    """
    records = registry.templates()[name]
    return next((p for p in records if named <= set(p) and _takes(p, count)), records[0])


def _takes(parameters: tuple[str, ...], count: int) -> bool:
    return parameters[-1].startswith("*") or count <= len([p for p in parameters if p not in _HOW])


def changed_tiles(call: ast.Call) -> ast.expr | None:
    """What a call that stands as a statement changes in place, as a target; ``None`` where it changes nothing."""
    operation = TILES.get(warp_name(call.func) or "")
    if operation is None or not operation.changes:
        return None
    targets: list[ast.expr] = [
        ast.Name(a.id, ast.Store()) for i in operation.changes if isinstance(a := call.args[i], ast.Name)
    ]
    return targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
