"""What the statements of a program do to names and to control flow, read off its indexed tree."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Set
from functools import cache, partial
from typing import Any, TypeGuard

from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import record
from warpsmith.synthesizer.reference.run.tree import assigned, functions, loops, names, names_read, walk, warp_name


def constants(tree: ast.Module) -> set[str]:
    """The names of a file's constants."""
    return {n.targets[0].id for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)}


def several(tree: ast.Module) -> set[str]:
    """The names of what returns several values: functions of an indexed tree, and builtins."""
    returns = {
        f.name for f in functions(tree) for n in walk(f) if isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple)
    }
    return returns | _several_builtins()


@cache
def _several_builtins() -> frozenset[str]:
    return frozenset(p.builtin for p in default_grammar().several)


def kept(function: ast.AST, returning: Set[str]) -> set[str]:
    """The names that a function binds to a tuple as a whole: to what a call of one of those returns."""
    return {
        n.targets[0].id
        for n in walk(function)
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.Call)
        and getattr(n.value.func, "attr", getattr(n.value.func, "id", "")) in returning
    }


def fields(tree: ast.Module) -> set[str]:
    """The names of the fields of a file's structs."""
    lines = (line for n in tree.body if isinstance(n, ast.ClassDef) for line in n.body)
    return {line.target.id for line in lines if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)}


UNROLLED = 16
"""Loops over literal bounds of up to so many trips are unrolled, where they have no ``break``."""


def numbers(tree: ast.Module) -> dict[str, int]:
    """The integers among the constants of a file."""
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
            plain = not isinstance(node.value, ast.Call) or ast.unparse(node.value.func) == "wp.constant"
            if plain and (number := _number(value, {})) is not None:
                found[node.targets[0].id] = number
    return found


def dynamic(node: ast.For | ast.While, known: Mapping[str, int]) -> bool:
    """Whether Warp keeps the loop as a loop: it unrolls ``range`` alone, not ``reversed``.

    Args:
        node: the loop.
        known: the integers among the constants of the file.
    """
    if isinstance(node, ast.While) or _breaks(node.body) or not _is_range(node.iter):
        return True
    bounds = [_number(b, known) for call in walk(node.iter) if _is_range(call) for b in call.args]  # type: ignore[attr-defined]
    return None in bounds or len(range(*bounds)) > UNROLLED  # type: ignore[arg-type]


def goes_stale(node: ast.While, known: Mapping[str, int], using: Set[str]) -> bool:
    """Whether the loop's test is made of anything that its trips do not bring up to date in the backward pass.

    That is what a dynamic loop within its body changes, and what an atomic found.

    Args:
        node: the loop.
        known: the integers among the constants of the file.
        using: the functions of the file that use atomics.
    """
    inner = {name for n in loops(node) if dynamic(n, known) for name in assigned(n.body)}
    found = {
        name
        for n in walk(node)
        if isinstance(n, (ast.Assign, ast.AugAssign)) and any(map(partial(_finds, using), walk(n.value)))
        for name in assigned([n])
    }
    return bool(_made_of(names(node.test), node.body) & (inner | found))


def using_atomics(tree: ast.Module) -> set[str]:
    """The names of the functions that use atomics, or call those that do; a function calls only those before it."""
    using: set[str] = set()
    for node in functions(tree):
        if any(map(partial(_finds, using), walk(node))):
            using.add(node.name)
    return using


def _finds(using: Set[str], node: ast.AST) -> bool:
    """Whether that calls an atomic, or one of those functions."""
    if not isinstance(node, ast.Call):
        return False
    f = node.func
    return f.attr.startswith("atomic_") if isinstance(f, ast.Attribute) else isinstance(f, ast.Name) and f.id in using


def deciding(node: ast.For | ast.While) -> set[str]:
    """The names whose values decide which path a loop takes, or which element it finds, on each of its trips."""
    found = names(node.test) if isinstance(node, ast.While) else set()
    for n in (n for statement in node.body for n in walk(statement)):
        if isinstance(n, (ast.If, ast.IfExp, ast.While)):
            found |= names(n.test)
        elif isinstance(n, ast.For):
            found |= names(n.iter)
        elif isinstance(n, ast.Subscript):
            found |= names(n.slice)
        elif isinstance(n, ast.BoolOp):
            found |= names(n)
    return _made_of(found, node.body)


def tested(node: ast.While) -> set[str]:
    """The names on whose values before the loop its test may depend, on its first trip or a later one."""
    bound: set[str] = set()
    read = names(node.test)
    for statement in node.body:
        augmented = names(statement.target) if isinstance(statement, ast.AugAssign) else set()
        read |= (names_read(statement) | augmented) - bound
        if isinstance(statement, ast.Assign):
            bound |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
    return read & _made_of(names(node.test), node.body)


def _made_of(known: set[str], body: list[ast.stmt]) -> set[str]:
    """The names, and those that statements make their values of."""
    found, before = set(known), set[str]()
    while found != before:
        before = set(found)
        for statement in body:
            if found.intersection(assigned([statement])):
                found |= names(statement)
    return found


def finds(node: ast.expr) -> bool:
    """Whether a loop iterates over what a query of an object finds: over a call that makes one, or its name."""
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Call) and bool(record(warp_name(node.func) or "").observes)
    )


def _is_range(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _number(node: ast.expr, known: Mapping[str, int]) -> int | None:
    """The value of an integer literal, negative ones among them, or of a constant."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand, known)
        return None if value is None else -value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call) and warp_name(node.func) == "static":
        return _of_host(node.args[0], known)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


_HOST: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _of_host(node: ast.expr, known: Mapping[str, int]) -> int | None:
    """The integer that the host computes, if it is arithmetic of literals and constants."""
    if not isinstance(node, ast.BinOp):
        return _number(node, known)
    left, right = _of_host(node.left, known), _of_host(node.right, known)
    return None if left is None or right is None or type(node.op) not in _HOST else _HOST[type(node.op)](left, right)


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a ``break`` belongs to the loop with that body."""
    for node in body:
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, ast.If) and (_breaks(node.body) or _breaks(node.orelse)):
            return True
    return False


def bound_before(function: ast.FunctionDef) -> dict[ast.stmt, frozenset[str]]:
    """For each statement of a function the names that are bound before it, whatever path the run takes."""
    found: dict[ast.stmt, frozenset[str]] = {}

    def visit(body: list[ast.stmt], bound: frozenset[str]) -> None:
        for node in body:
            found[node] = bound
            for name in ("body", "orelse"):
                visit(getattr(node, name, []), bound)
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                bound = bound.union(assigned([node]))

    visit(function.body, frozenset(a.arg for a in (*function.args.args, *function.args.kwonlyargs)))
    return found


def advances(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether a call advances the random state that a name holds."""
    return (
        isinstance(node, ast.Call)
        and record(warp_name(node.func) or "").advances
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
    )


def advanced_where_read(node: ast.stmt) -> frozenset[str]:
    """Names that a statement reads and whose random state it advances: the order of the two is not specified."""
    parts = [getattr(node, name) for name in ("test", "iter") if hasattr(node, name)] or [node]
    nodes = [n for part in parts for n in walk(part)]
    calls = [n for n in nodes if advances(n)]
    own = {id(call.args[0]) for call in calls}
    target = node.target if isinstance(node, ast.AugAssign) else None
    read = {
        n.id
        for n in nodes
        if isinstance(n, ast.Name) and id(n) not in own and (isinstance(n.ctx, ast.Load) or n is target)
    }
    within = {_state(c) for c in calls for n in walk(c) if n is not c and advances(n) and _state(n) == _state(c)}
    return frozenset(_state(c) for c in calls if _state(c) in read or _state(c) in within)


def _state(call: Any) -> str:
    """The name that holds the random state that a call advances."""
    return str(call.args[0].id)
