"""Leaving a dynamic loop, and names that one binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from warpsmith.fuzz.known.known import GRADIENT, TIMEOUT, Known
from warpsmith.fuzz.known.trees import dynamic_loops, statements
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.effects import bound_before, dynamic, numbers
from warpsmith.synthesizer.reference.run.tree import assigned, functions, loops, walk


def _breaks(tree: ast.Module) -> Iterator[At]:
    """A loop with a ``break`` is dynamic."""
    return (At(place(n), Unknown.PATH) for f in functions(tree) for n in walk(f) if isinstance(n, ast.Break))


def _goes_on(tree: ast.Module) -> Iterator[At]:
    return (At(place(n), Unknown.PATH) for n in _in_dynamic_loops(tree) if isinstance(n, ast.Continue))


def _returns(tree: ast.Module) -> Iterator[At]:
    return (At(place(n), Unknown.PATH) for n in _in_dynamic_loops(tree) if isinstance(n, ast.Return))


def _in_dynamic_loops(tree: ast.Module) -> Iterator[ast.AST]:
    known = numbers(tree)
    nodes = (n for f in functions(tree) for loop in dynamic_loops(f, known) for n in walk(loop))
    return iter(dict.fromkeys(nodes))  # a loop may be in another one


def _read_behind(tree: ast.Module) -> Iterator[At]:
    """Names that dynamic loops bind first, in a program that reads such a name behind a loop."""
    if not any(_left_behind(loop, f) for f in functions(tree) for loop in loops(f)):
        return
    known = numbers(tree)
    for function in functions(tree):
        bound = bound_before(function)
        for loop in dynamic_loops(function, known):
            if names := tuple(name for name in assigned(loop.body) if name not in bound[loop]):
                yield At(place(loop), Unknown.DERIVATIVE, names)


def _left_behind(loop: ast.For | ast.While, function: ast.FunctionDef) -> bool:
    """Whether the function reads a name behind the loop that this has bound first."""
    names = [n for n in walk(function) if isinstance(n, ast.Name)]
    before = {n.id for n in names if n.lineno < loop.lineno and isinstance(n.ctx, ast.Store)}
    within = {n.id for s in loop.body for n in walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    after = {n.id for n in names if n.lineno > (loop.end_lineno or 0) and isinstance(n.ctx, ast.Load)}
    return bool((within - before) & after)


def _bound_in_two(tree: ast.Module) -> Iterator[At]:
    known = numbers(tree)
    for function in functions(tree):
        names = bound_by_whiles(function, known)
        for node in statements(function) if names else ():
            if isinstance(node, (ast.Assign, ast.AugAssign)) and names.intersection(assigned([node])):
                affected = tuple(name for name in assigned([node]) if name in names)
                yield At(place(node), Unknown.DERIVATIVE, affected)


def bound_by_whiles(function: ast.FunctionDef, known: Mapping[str, int]) -> set[str]:
    """The names first bound in a ``while`` loop within a dynamic loop, and bound again in another loop within that one.

    The other loop may be the same one, if that is unrolled along with a loop around it.

    Args:
        function: of an indexed tree.
        known: the integers among the constants of the file.
    """
    found: set[str] = set()
    bound = [n for n in walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for outer in dynamic_loops(function, known):
        for first in (loop for loop in loops(outer) if isinstance(loop, ast.While)):
            before = {n.id for n in bound if n.lineno < first.lineno}
            within = {n.id for n in bound if first.lineno < n.lineno <= (first.end_lineno or 0)}
            copied = any(not dynamic(n, known) and first in loops(n) for n in loops(outer))
            others = [n for n in loops(outer) if n.lineno > first.lineno and first not in loops(n)]
            again = {name for n in (*others, *([first] if copied else [])) for name in assigned(n.body)}
            found |= (again & within) - before
    return found


KNOWN = (
    Known("break-from-a-dynamic-loop", GRADIENT, _breaks),
    Known("continue-in-a-dynamic-loop", GRADIENT, _goes_on),
    Known("return-from-a-dynamic-loop", (*GRADIENT, *TIMEOUT), _returns),
    Known("name-bound-in-a-dynamic-loop", GRADIENT, _read_behind),
    Known("name-bound-in-two-while-loops", GRADIENT, _bound_in_two),
)
