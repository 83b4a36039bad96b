"""What dynamic loops do to names: documented limits of the backward pass, which does not replay their values.

A name that a dynamic loop changes is stale in it and behind it, steps before the loop saw another value of it, and an
earlier loop that decided by it decides anew, by the value that the later one left.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeGuard

from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.effects import deciding, dynamic, tested
from warpsmith.synthesizer.reference.run.tree import assigned, names_read, walk


class Loops:
    """The loops of one function, asked statement by statement in the order of the source.

    Args:
        bound: for each statement the names that are bound before it, whatever path the run takes.
        numbers: the integers among the constants of the file.
    """

    def __init__(self, bound: Mapping[ast.stmt, frozenset[str]], numbers: Mapping[str, int]) -> None:
        self._bound = bound
        self._numbers = numbers
        self._deciding: set[str] = set()
        self._ended: set[str] = set()

    def before(self, node: ast.stmt) -> list[ast.stmt]:
        """What happens before a loop."""
        if not self._keeps(node):
            return []
        carried, again = self._carried(node), self._bound_again(node)
        entering = [self._entering(name, node) for name in carried]
        entering += [nodes.if_bound(name, self._entering(name, node)) for name in again]
        if self._deciding.intersection(carried + again):
            entering.append(ast.Expr(nodes.runtime("loop_redecides")))
        return [*entering, self._given(node)]

    def after(self, node: ast.stmt) -> list[ast.stmt]:
        """What happens behind a loop: the values that it leaves are of its last trip, which is not run again."""
        if not self._keeps(node):
            return []
        first = [name for name in assigned(node.body) if name not in self._bound[node]]
        stale = [*map(_stale, self._carried(node)), *(nodes.if_bound(name, _stale(name)) for name in first)]
        return [ast.Expr(nodes.runtime("loop_ends")), *stale]

    def passed(self, node: ast.stmt) -> None:
        """The statement is behind the next one."""
        if self._keeps(node):
            self._deciding |= deciding(node)
        elif isinstance(node, (ast.If, ast.For)):
            self._ended |= set(assigned([node]))

    def trip(self, node: ast.For | ast.While) -> list[ast.stmt]:
        """What happens at the beginning of each trip of a loop."""
        if not self._keeps(node):
            return []
        again = (nodes.if_bound(name, _stale(name)) for name in self._bound_again(node))
        return [ast.copy_location(s, node) for s in (*map(_stale, self._carried(node)), *again)]

    def needed(self, node: ast.While) -> list[ast.expr]:
        """The values that a loop's test may depend on, from before the loop."""
        return [self._if_any(name, node) for name in sorted(tested(node))]

    def _keeps(self, node: ast.stmt) -> TypeGuard[ast.For | ast.While]:
        """Whether that is a loop which Warp keeps as one."""
        return isinstance(node, (ast.For, ast.While)) and dynamic(node, self._numbers)

    def _carried(self, node: ast.For | ast.While) -> list[str]:
        """The names that a dynamic loop changes."""
        return [name for name in assigned(node.body) if name in self._bound[node]]

    def _bound_again(self, node: ast.For | ast.While) -> list[str]:
        """The names that a branch or an unrolled loop before has bound, and a dynamic loop binds: one variable each.

        Not every path comes through a branch, so that nothing says that they are bound when the program runs.
        """
        return sorted(self._ended.intersection(assigned(node.body)).difference(self._bound[node]))

    def _given(self, node: ast.For | ast.While) -> ast.stmt:
        """What a dynamic loop is given: the values of the names that it reads and does not change."""
        known = self._ended.union(self._bound[node]).difference(assigned(node.body))
        given = sorted(known.intersection(names_read(node)))
        return ast.Expr(nodes.runtime("loop_begins", *(self._if_any(name, node) for name in given)))

    def _if_any(self, name: str, node: ast.stmt) -> ast.expr:
        """The value of a name, or ``None`` where it has none."""
        if name in self._bound[node]:
            return nodes.name(name)
        return ast.IfExp(nodes.is_bound(name), nodes.name(name), ast.Constant(None))

    def _entering(self, name: str, loop: ast.stmt) -> ast.stmt:
        bound = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in walk(loop))
        return ast.Expr(nodes.runtime("loop_changes", nodes.name(name), ast.Constant(bound)))


def _stale(name: str) -> ast.stmt:
    return nodes.set_name(name, nodes.runtime("stale", nodes.name(name)))
