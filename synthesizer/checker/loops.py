"""Loops: unrolled ones, which Warp writes out, and dynamic ones, in which no constant may change."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.body import STATEMENTS, Body
from warpsmith.synthesizer.checker.calls import call
from warpsmith.synthesizer.checker.expressions import condition
from warpsmith.synthesizer.checker.model import (
    MAYBE,
    OPAQUE,
    STRING,
    UNKNOWN,
    Special,
    Unresolved,
    Var,
    family,
    is_array,
    show,
)
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.statements import block, branch, either, weigh
from warpsmith.synthesizer.checker.static import number, value_of


def for_statement(body: Body, node: ast.For) -> None:
    """A for over a range or a query."""
    if not isinstance(node.target, ast.Name):
        body.report(node.target, "bad-loop-target", "a for loop binds one plain name")
        return
    name, statements = node.target.id, node.body
    if not _is_range(body, node.iter):
        _dynamic(body, node, name, _iterated(body, node.iter), statements)
        return
    constants = _range(body, node.iter)
    if constants is MISSING:
        _dynamic(body, node, name, Var(wp.int32), statements)
    elif constants is None:
        _either_way(body, node, name, statements)
    elif _unrolls(body, node, statements, len(constants)):
        _unrolled(body, node, name, constants, statements)
    else:
        _dynamic(body, node, name, Var(wp.int32), statements)


def _is_range(body: Body, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and body.lookup(node.func.id) == Special("range")
    )


def _range(body: Body, node: Any) -> Any:
    """The Python range that is iterated; MISSING if it is dynamic or faulty, None if that cannot be known."""
    arguments = node.args
    if not 1 <= len(arguments) <= 3 or node.keywords or any(isinstance(a, ast.Starred) for a in arguments):
        body.report(node, "range-not-int", f"range takes one to three integers, not {len(arguments)} arguments")
        return MISSING
    values = [_bound(body, a) for a in arguments]
    if any(v is MISSING for v in values):
        return MISSING
    if any(v is None for v in values):
        return None
    if len(values) == 3 and values[2] == 0:
        body.report(node, "range-not-int", "the step of a range is not zero")
        return MISSING
    return range(*values)


def _bound(body: Body, node: ast.expr) -> Any:
    """A range's constant argument; MISSING if it is a run-time value, None if that cannot be known."""
    if isinstance(node, ast.Attribute) and dotted(node).split(".")[0] not in body.symbols:
        of = value_of(node, body.scope)
        if isinstance(of, Unresolved):
            body.doubt(node, of.reason)
            return None
    found = body.value(node)
    if found.type is UNKNOWN:
        return None if found.constant is MAYBE else MISSING
    if found.type is not wp.int32 and not isinstance(found.constant, bool):
        body.report(node, "range-not-int", f"range takes int32 values, not {show(found.type)}")
        return MISSING
    outside = number(node, body.scope) if isinstance(node, (ast.Name, ast.Attribute)) else MISSING
    shadowed = isinstance(node, ast.Name) and node.id in body.symbols and node.id not in body.constants
    if isinstance(outside, int) and not shadowed:
        return outside
    if found.constant is None:
        return MISSING
    return found.constant if isinstance(found.constant, int) else None


def _unrolls(body: Body, node: ast.For, statements: Sequence[Any], trips: int) -> bool:
    limit = body.analysis.options(body.scope.file)[0]
    if trips <= limit and not contains_control(statements, ast.Break):
        return True
    return any(_is_static(body, n) for n in ast.walk(node) if isinstance(n, ast.Call))


def _is_static(body: Body, node: ast.Call) -> bool:
    target = node.func
    named = isinstance(target, ast.Attribute) and target.attr == "static"
    return named or (isinstance(target, ast.Name) and body.lookup(target.id) == Special("static"))


def contains_control(statements: Sequence[Any], kind: type) -> bool:
    """Whether a break or continue of this loop is among the statements or in their branches."""
    for statement in statements:
        if isinstance(statement, kind):
            return True
        if isinstance(statement, ast.If) and (
            contains_control(statement.body, kind) or contains_control(statement.orelse, kind)
        ):
            return True
    return False


# --- unrolled ------------------------------------------------------------------


def _unrolled(body: Body, node: ast.For, name: str, constants: range, statements: list[Any]) -> None:
    if constants:
        body.iterators.add(name)
    continues = contains_control(statements, ast.Continue)
    body.loops.append(True)
    for trip in _telling_trips(body, name, constants):
        body.symbols[name] = Var(wp.int32, trip)
        if continues:
            _until_continue(body, statements)
        else:
            block(body, statements)
    body.loops.pop()


def _telling_trips(body: Body, name: str, constants: range) -> Iterator[int]:
    """The trips worth walking through: the others see what one of these sees.

    A trip differs from the one before in the loop variable's value and in which names are bound to constants. So the
    first trips are taken until nothing changes, then zero (a false condition) and the last one.
    """
    state: Any = None
    taken = set()
    for trip in constants:
        now = _state(body, name)
        if now == state:
            break
        state = now
        taken.add(trip)
        yield trip
    if 0 in constants and 0 not in taken:
        yield 0
    if constants and constants[-1] not in taken:
        yield constants[-1]


def _state(body: Body, name: str) -> Any:
    # Constants that a loop changes have another value on every trip; their values matter only in nested ranges.
    return {k: (v.type, v.constant is None) for k, v in body.symbols.items() if isinstance(v, Var) and k != name}


def _until_continue(body: Body, statements: Sequence[Any]) -> Any:
    """Walk through a trip with continues: what follows one is under a condition, as Warp writes it.

    Returns True if the end is reached for sure, False if it is not, None if that is decided at run time.
    """
    for position, statement in enumerate(statements):
        if isinstance(statement, ast.Continue):
            return False
        if not isinstance(statement, ast.If):
            body.statement(statement)
            continue
        test = condition(body, statement.test)
        arms = branch(body, statement, test, statement.body, statement.orelse, _until_continue)
        if all(arm is True for arm in arms):
            continue
        if all(arm is False for arm in arms) and len(arms) == 1:
            return False
        branch(body, statement, Var(wp.bool), list(statements[position + 1 :]), [], _until_continue)
        return None
    return True


# --- dynamic ------------------------------------------------------------------


def _iterated(body: Body, node: ast.expr) -> Var:
    """The loop variable's type for an iterable that is not a plain range."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reversed":
        inner = node.args[0] if len(node.args) == 1 else None
        if inner is not None and _is_range(body, inner):
            _range(body, inner)
            return Var(wp.int32)
    found = call(body, node) if isinstance(node, ast.Call) else body.expression(node)
    var = body.operand(node, found)
    if is_array(var.type) or family(var.type) or var.type is STRING:
        body.report(node, "not-iterable", f"a value of type {show(var.type)} is not iterated over")
        return Var(UNKNOWN)
    if var.type is UNKNOWN:
        return Var(UNKNOWN, MAYBE if var.constant is MAYBE else None)
    found = overloads.applied("iter_next", [var], {})
    if isinstance(found, overloads.No):
        return body.report(node, "not-iterable", f"a value of type {show(var.type)} is not iterated over")
    return Var(found)


def _promote(body: Body, statements: Sequence[Any]) -> None:
    """Make variables of earlier unrolled loops mutable if this loop assigns them."""
    if not body.iterators:
        return
    for name in set(_stored(statements)) & body.iterators:
        var = body.symbols.get(name)
        if isinstance(var, Var) and var.constant is not None:
            body.symbols[name] = Var(var.type)


def _stored(statements: Sequence[Any]) -> Iterator[str]:
    """Names that statements of a kernel assign."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _dynamic(body: Body, node: ast.For, name: str, variable: Var, statements: list[Any]) -> None:
    _promote(body, statements)
    body.symbols[name] = variable
    _loop_body(body, node, statements)


_NESTED = 3
"""How many loops in each other are taken either way; each doubles the work."""


def _either_way(body: Body, node: ast.For, name: str, statements: list[Any]) -> None:
    """A loop over a constant range of unknown length: it is unrolled, or dynamic. What both ways refuse is refused."""
    forced = any(_is_static(body, n) for n in ast.walk(node) if isinstance(n, ast.Call))
    if forced or body.either >= _NESTED:
        _few_trips(body, name, statements)
        return
    body.either += 1
    before, known = dict(body.symbols), len(body.faults)
    _dynamic(body, node, name, Var(wp.int32), statements)
    after_dynamic, body.symbols = body.symbols, dict(before)
    of_dynamic = body.faults[known:]
    del body.faults[known:]
    _few_trips(body, name, statements)
    body.either -= 1
    weigh(body, node, known, of_dynamic)
    body.symbols = either(before, after_dynamic, body.symbols)


def _few_trips(body: Body, name: str, statements: list[Any]) -> None:
    body.iterators.add(name)
    body.loops.append(True)
    for _ in range(2):
        body.symbols[name] = Var(wp.int32, OPAQUE)
        if contains_control(statements, ast.Continue):
            _until_continue(body, statements)
        else:
            block(body, statements)
    body.loops.pop()


def _loop_body(body: Body, node: Any, statements: list[Any]) -> None:
    body.loop_symbols.append(dict(body.symbols))
    body.loops.append(False)
    block(body, statements)
    body.materialize(node)
    body.loop_symbols.pop()
    body.loops.pop()


def while_statement(body: Body, node: ast.While) -> None:
    """A while loop, which is dynamic whatever its condition."""
    statements = node.body
    _promote(body, statements)
    test = condition(body, node.test)
    if is_array(test.type):
        body.report(node.test, "not-a-condition", "an array is no condition of a while loop")
    _loop_body(body, node, statements)


def leave(body: Body, node: Any) -> None:
    """A break or continue of a dynamic loop: the names are carried back here too."""
    if not body.loops:
        body.report(node, "unsupported-construct", "break and continue belong in a loop")
    elif body.loop_symbols:
        body.materialize(node)


STATEMENTS.update({ast.For: for_statement, ast.While: while_statement, ast.Break: leave, ast.Continue: leave})
