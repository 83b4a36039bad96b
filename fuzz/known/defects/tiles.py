"""Tiles in shared memory."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from warpsmith.fuzz.known.known import CRASH, GRADIENT, Known
from warpsmith.fuzz.known.trees import called, dynamic_loops, names_given
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.effects import dynamic, numbers
from warpsmith.synthesizer.reference.run.tree import functions, loops, walk

_MADE = {"tile_cholesky", "tile_cholesky_solve", "tile_diag_add", "tile_lower_solve", "tile_matmul", "tile_upper_solve"}
_VIEWS = {"tile_broadcast", "tile_reshape", "tile_squeeze", "tile_transpose", "tile_view"}
_SHARED = _MADE | _VIEWS
"""Builtins whose tiles are in shared memory, whatever they are asked for."""
_SHARING = _SHARED | {
    *("tile_assign", "tile_extract", "tile_scatter_add", "tile_scatter_masked", "tile_sort"),
    *("tile_load_indexed", "tile_store_indexed", "tile_atomic_add_indexed"),
}
"""Builtins that have tiles they are given put into shared memory."""


def _bound_again(tree: ast.Module) -> Iterator[At]:
    """Assignments in a dynamic loop that bind a name to a tile in shared memory, where it had one before."""
    known = numbers(tree)
    for function in functions(tree):
        nodes = [n for n in walk(function) if isinstance(n, (ast.Assign, ast.Call, ast.Subscript))]
        tiles = [n for n in nodes if isinstance(n, ast.Assign) and called(n.value).startswith("tile_")]
        names = sorted({name for n in tiles for name in _targets(n)})
        for loop, name in product(dynamic_loops(function, known) if names else (), names):
            bound = [n for n in nodes if _binds(n, name) and _is_in(n, loop)]
            within = [n for n in nodes if bound and _is_in(n, loop) and n.lineno >= bound[0].lineno]
            others = within if _is_copied(loop, function, known) else [n for n in nodes if n not in within]
            before = others is within or any(_binds(n, name) and n.lineno < loop.lineno for n in others)
            if before and _is_shared(name, within, nodes) and _is_shared(name, others, nodes):
                yield from (At(place(n), Unknown.PATH) for n in bound)


def _is_in(node: ast.expr | ast.stmt, loop: ast.For | ast.While) -> bool:
    return loop.lineno < node.lineno <= (loop.end_lineno or 0)


def _targets(node: ast.Assign) -> list[str]:
    return [t.id for t in node.targets if isinstance(t, ast.Name)]


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and name in _targets(node)


def _is_shared(name: str, nodes: Iterable[ast.AST], all_nodes: Iterable[ast.AST]) -> bool:
    """Whether any of the nodes binds that name to a tile in shared memory, or has the tile of that name put there."""
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            return True
        if isinstance(node, ast.Call) and _shares(node) and name in names_given(node):
            return True
        if isinstance(node, ast.Assign) and name in _targets(node) and _yields_shared(node.value, all_nodes):
            return True
    return False


def _shares(node: ast.Call) -> bool:
    return called(node) in _SHARING or any(k.arg == "axis" for k in node.keywords)


def _yields_shared(node: ast.expr, nodes: Iterable[ast.AST]) -> bool:
    """Whether it is a call that makes such a tile, or the name of such a tile."""
    if isinstance(node, ast.Name):
        return _is_shared(node.id, [n for n in nodes if not isinstance(getattr(n, "value", None), ast.Name)], ())
    storages = [k.value for k in getattr(node, "keywords", ()) if k.arg == "storage"]
    return called(node) in _SHARED or any(isinstance(s, ast.Constant) and s.value == "shared" for s in storages)


def _is_copied(loop: ast.AST, function: ast.FunctionDef, known: Mapping[str, int]) -> bool:
    """Whether the loop is in one that is unrolled: each copy of it binds the names of the one before again."""
    return any(loop in loops(outer) and not dynamic(outer, known) for outer in loops(function))


KNOWN = (Known("shared-tile-bound-again-in-a-loop", (*GRADIENT, *CRASH), _bound_again, ends=True),)
