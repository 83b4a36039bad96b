"""Statements other than assignments and loops."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from warpsmith.synthesizer.checker.body import STATEMENTS, Body
from warpsmith.synthesizer.checker.expressions import condition
from warpsmith.synthesizer.checker.foreign import erased
from warpsmith.synthesizer.checker.model import (
    MAYBE,
    UNKNOWN,
    FixedArray,
    TupleType,
    Var,
    is_array,
    is_known,
    same,
    show,
)
from warpsmith.synthesizer.checker.scope import MISSING


def block(body: Body, statements: Sequence[Any]) -> None:
    """Walk through statements one after the other."""
    for statement in statements:
        body.statement(statement)


def if_statement(body: Body, node: ast.If) -> None:
    """An if; a constant condition leaves one arm unread."""
    test = condition(body, node.test)
    branch(body, node, test, node.body, node.orelse, block)


def branch(body: Body, node: Any, test: Var, first: Sequence[Any], second: Sequence[Any], walk: Any) -> Any:
    """Walk through the arms of a branch and join what they bind; returns what ``walk`` returned for each arm."""
    if isinstance(test.constant, (bool, int, float)):
        return (walk(body, first if test.constant else second),)
    unsure = test.constant is not None
    before = body.symbols
    known = len(body.faults)
    body.symbols = dict(before)
    one = walk(body, first)
    after_first, body.symbols = body.symbols, dict(before)
    of_first = body.faults[known:]
    if unsure:
        del body.faults[known:]
    two = walk(body, second)
    after_second = body.symbols
    if unsure:
        weigh(body, node, known, of_first)
        body.symbols = either(before, after_first, after_second)
    else:
        body.merge(node, test, before, after_first, after_second)
    return one, two


_DECIDED = "a constant that is not known decides"


def weigh(body: Body, node: Any, known: int, of_first: list[Any]) -> None:
    """After a branch that is decided when the kernel is built: what both arms have is a fault, what one has a doubt."""
    of_second = body.faults[known:]
    del body.faults[known:]
    if of_first and of_second:
        body.faults.append(of_first[0])
    elif of_first or of_second:
        body.doubt(node, _DECIDED)


def either(before: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Names after a branch that may have been decided when the kernel was built."""
    merged = dict(before)
    for name in (*first, *second):
        a, b = first.get(name), second.get(name)
        if a is b:
            merged[name] = a
        else:
            agree = isinstance(a, Var) and isinstance(b, Var) and is_known(a.type) and same(a.type, b.type)
            merged[name] = Var(a.type) if agree and isinstance(a, Var) else Var(UNKNOWN, MAYBE, reason=_DECIDED)
    return merged


def expression_statement(body: Body, node: ast.Expr) -> None:
    """A call for its effect, a docstring, or a value that is dropped."""
    if not isinstance(node.value, ast.Constant):
        body.expression(node.value)
    elif isinstance(node.value.value, (bytes, complex)) or node.value.value is None:
        body.value(node.value)


def assertion(body: Body, node: ast.Assert) -> None:
    """An assert: it is compiled out but for debugging, so its test may be of any type; its message is not read."""
    body.value(node.test)


def return_statement(body: Body, node: ast.Return) -> None:
    """A return; all that have values have the same types."""
    if node.value is None:
        if body.returned is not None:
            body.report(node, "return-types-differ", f"nothing is returned here, and {show(body.returned)} before")
        return
    if isinstance(node.value, ast.Tuple):
        values: Any = tuple(body.value(e) for e in node.value.elts)
    else:
        values = body.expression(node.value)
        values = values if isinstance(values, tuple) else (body.operand(node.value, values),)
    if body.function.is_kernel:
        body.report(node, "kernel-returns-value", "a kernel returns nothing; write to an array")
        return
    found = tuple(v.type for v in values)
    if body.returned is None:
        body.returned = found
    elif len(found) != len(body.returned) or not all(map(_same_storage, found, body.returned)):
        body.report(node, "return-types-differ", f"{show(found)} is returned here, and {show(body.returned)} before")
        return
    _check_annotation(body, node, found)


def _same_storage(a: Any, b: Any) -> bool:
    # Returns are compared as C++ types.
    return same(a, b) or erased(a) is erased(b)


def _check_annotation(body: Body, node: ast.Return, found: tuple[Any, ...]) -> None:
    wanted = body.function.returns
    if wanted is MISSING or wanted is None or wanted is UNKNOWN or body.function.template:
        return  # Warp 1.19 does not look at the annotation of a generic function
    expected = wanted.types if isinstance(wanted, TupleType) else (wanted,)
    if len(found) == 1 and isinstance(found[0], TupleType):
        found = found[0].types
    escapes = (
        is_array(wanted) and len(found) == 1 and isinstance(found[0], FixedArray) != isinstance(wanted, FixedArray)
    )
    if escapes or len(found) != len(expected) or not all(map(_same_storage, found, expected)):
        body.report(
            node, "return-annotation-differs", f"{show(found)} is returned; the annotation says {show(expected)}"
        )


def _nothing(_body: Body, _node: Any) -> None:
    pass


STATEMENTS.update(
    {
        ast.If: if_statement,
        ast.Expr: expression_statement,
        ast.Assert: assertion,
        ast.Return: return_statement,
        ast.Pass: _nothing,
    }
)
