"""Constants of a file, and names that are bound to a number."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Set

from warpsmith.fuzz.known.known import ANYTHING, Known
from warpsmith.fuzz.known.trees import called, statements
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.effects import constants, dynamic, numbers
from warpsmith.synthesizer.reference.run.tree import functions, names_read, walk


def _read_in_both_branches(tree: ast.Module) -> Iterator[At]:
    """Reads of a constant behind a dynamic loop or an ``if`` in which both branches of another ``if`` read it.

    Of an unrolled loop, the second trip is behind the first.
    """
    shared, known = constants(tree), numbers(tree)
    for function in functions(tree) if shared else ():
        yield from _reads(function.body, set(), shared, known)


def _reads(body: list[ast.stmt], affected: set[str], shared: Set[str], known: Mapping[str, int]) -> Iterator[At]:
    """The reads of affected constants in statements, which add to those that are ``affected``."""
    for node in body:
        if isinstance(node, (ast.If, ast.While)):
            yield from _names(node.test, affected)
        elif isinstance(node, ast.For):
            yield from _names(node.iter, affected)
            if not dynamic(node, known):
                within = (n for s in node.body for n in walk(s) if isinstance(n, ast.stmt))
                affected.update(*(_affected_by(n, known) & shared for n in within))
        else:
            yield from _names(node, affected)
        for inner in ("body", "orelse"):
            yield from _reads(getattr(node, inner, []), affected, shared, known)
        affected |= _affected_by(node, known) & shared


def _names(node: ast.AST, names: Set[str]) -> list[At]:
    """The places in a node where one of the names is read."""
    read = (n for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return [At(place(n), Unknown.VALUE) for n in read if n.id in names]


def _affected_by(node: ast.stmt, known: Mapping[str, int]) -> set[str]:
    """The names that both branches of an ``if`` within the statement read, if what is within need not happen."""
    if not isinstance(node, ast.If) and not (isinstance(node, (ast.For, ast.While)) and dynamic(node, known)):
        return set()
    branches = (n for n in walk(node) if isinstance(n, ast.If) and n is not node)
    return {name for n in branches for name in _read(n.body) & _read(n.orelse)}


def _read(body: list[ast.stmt]) -> set[str]:
    return {name for statement in body for name in names_read(statement)}


def _widened(tree: ast.Module) -> Iterator[At]:
    """Reads of a constant, or of a name that is bound to a number, in a function that converts it to 64 bits."""
    shared = constants(tree)
    for function in functions(tree):
        literal = _bound_to(function, lambda value: isinstance(value, ast.Constant))
        yield from _names(function, _converted(function) & (shared | literal))


def _converted(function: ast.FunctionDef) -> set[str]:
    """The names that a function converts to a type of 64 bits."""
    return {x.id for x in _arguments(function) if isinstance(x, ast.Name)}


def _arguments(function: ast.FunctionDef) -> list[ast.expr]:
    """What a function converts to a type of 64 bits."""
    calls = [n for n in walk(function) if isinstance(n, ast.Call) and called(n) in ("float64", "int64", "uint64")]
    return [call.args[0] for call in calls if call.args]


def _widened_booleans(tree: ast.Module) -> Iterator[At]:
    """``True`` and ``False``, and names that are bound to one, where they are converted to 64 bits."""
    for function in functions(tree):
        names = _bound_to(function, _is_boolean)
        for x in _arguments(function):
            if (isinstance(x, ast.Name) and x.id in names) or _is_boolean(x):
                yield At(place(x), Unknown.VALUE)


def _bound_to(function: ast.FunctionDef, wanted: Callable[[ast.expr], bool]) -> set[str]:
    """The names that a function binds to such an expression."""
    return {
        n.targets[0].id
        for n in statements(function)
        if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and wanted(n.value)
    }


def _is_boolean(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


KNOWN = (
    Known("constant-read-in-both-branches", ANYTHING, _read_in_both_branches),
    Known("widening-a-boolean", (("accepted", Stage.COMPILE),), _widened_booleans, runs=False, first="1.12.1"),
    Known("widening-a-constant-name", ANYTHING, _widened),
)
