"""Statements other than assignments and loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from warpsmith.synthesizer.checker.body import STATEMENTS, Body
from warpsmith.synthesizer.checker.expressions import condition
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
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
        if type(statement) is cst.SimpleStatementLine:
            for small in statement.body:
                body.statement(small)
        else:
            body.statement(statement)


def flatten(suite: Any) -> list[Any]:
    """The statements of a suite, simple ones without their lines."""
    flat: list[Any] = []
    for statement in suite.body:
        if type(statement) is cst.SimpleStatementLine:
            flat.extend(statement.body)
        else:
            flat.append(statement)
    return flat


def orelse_of(node: cst.If) -> list[Any]:
    """The statements of the else arm; ``elif`` is an if in it."""
    if node.orelse is None:
        return []
    return [node.orelse] if isinstance(node.orelse, cst.If) else flatten(node.orelse.body)


def if_statement(body: Body, node: cst.If) -> None:
    """An if; a constant condition leaves one arm unread."""
    test = condition(body, node.test)
    branch(body, node, test, flatten(node.body), orelse_of(node), block)


def branch(body: Body, node: Any, test: Var, first: Sequence[Any], second: Sequence[Any], walk: Any) -> Any:
    """Walk through the arms of a branch and join what they bind; returns what ``walk`` returned for each arm."""
    if isinstance(test.constant, (bool, int, float)):
        return (walk(body, first if test.constant else second),)
    unsure = test.constant is not None
    body.silent += unsure
    before = body.symbols
    body.symbols = dict(before)
    one = walk(body, first)
    after_first, body.symbols = body.symbols, dict(before)
    two = walk(body, second)
    after_second = body.symbols
    body.silent -= unsure
    if unsure:
        body.symbols = _either(before, after_first, after_second)
    else:
        body.merge(node, test, before, after_first, after_second)
    return one, two


def _either(before: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Names after a branch that may have been decided when the kernel was built."""
    merged = dict(before)
    for name in (*first, *second):
        a, b = first.get(name), second.get(name)
        if a is b:
            merged[name] = a
        else:
            agree = isinstance(a, Var) and isinstance(b, Var) and is_known(a.type) and same(a.type, b.type)
            merged[name] = Var(a.type) if agree and isinstance(a, Var) else ANYTHING
    return merged


def expression_statement(body: Body, node: cst.Expr) -> None:
    """A call for its effect, a docstring, or a value that is dropped."""
    if not isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString, cst.Integer, cst.Float)):
        body.expression(node.value)


def assertion(body: Body, node: cst.Assert) -> None:
    """An assert: it is compiled out but for debugging, so its test may be of any type; its message is not read."""
    body.value(node.test)


def return_statement(body: Body, node: cst.Return) -> None:
    """A return; all that have values have the same types."""
    if node.value is None:
        if body.returned is not None:
            body.report(node, "return-types-differ", f"nothing is returned here, and {show(body.returned)} before")
        return
    if isinstance(node.value, cst.Tuple):
        values: Any = tuple(body.value(e.value) for e in node.value.elements)
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
    return same(a, b)


def _check_annotation(body: Body, node: cst.Return, found: tuple[Any, ...]) -> None:
    wanted = body.function.returns
    if wanted is MISSING or wanted is None or wanted is UNKNOWN or body.function.generic:
        return  # Warp 1.19 does not look at the annotation of a generic function
    expected = wanted.types if isinstance(wanted, TupleType) else (wanted,)
    if len(found) == 1 and isinstance(found[0], TupleType):
        found = found[0].types
    escapes = (
        is_array(wanted) and len(found) == 1 and isinstance(found[0], FixedArray) != isinstance(wanted, FixedArray)
    )
    if escapes or len(found) != len(expected) or not all(map(same, found, expected)):
        body.report(
            node, "return-annotation-differs", f"{show(found)} is returned; the annotation says {show(expected)}"
        )


def _nothing(_body: Body, _node: Any) -> None:
    pass


STATEMENTS.update(
    {
        cst.If: if_statement,
        cst.Expr: expression_statement,
        cst.Assert: assertion,
        cst.Return: return_statement,
        cst.Pass: _nothing,
        cst.SimpleStatementLine: lambda body, node: block(body, node.body),
    }
)
