"""Where a program can be spoilt: walking kernels and functions for sites of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import libcst as cst
import libcst.matchers as m

from warpsmith.synthesizer.check import check

Site: TypeAlias = tuple[cst.CSTNode, cst.CSTNode]
"""A node, and what takes its place."""
Sites: TypeAlias = Callable[[cst.Module], Iterator[Site]]
"""The sites of one kind of fault in a module."""

ACCEPTING = "1.19.0"
"""The release that the marks in the tables are about."""

MATH = frozenset(
    ("sin", "cos", "sqrt", "abs", "exp", "floor", "dot", "cross", "length", "normalize", "clamp", "transpose")
)
"""Builtins whose overloads all take one to three values."""
TEXT = cst.SimpleString('"text"')
"""A value that agrees with no other type."""


@dataclass(frozen=True)
class Mutation:
    """One kind of fault.

    Attributes:
        name: what it is called.
        sites: lists where it can be put in a module.
        accepted_by: the release of Warp whose code generator wrongly takes such programs; empty where all refuse them.
        compiles: whether native compilers take the generated code as well.
        checked: whether the type checker knows the fault. It follows Warp, so it accepts what Warp wrongly accepts.
    """

    name: str
    sites: Sites
    accepted_by: str = ""
    compiles: bool = False
    checked: bool = True


# --- walking ----------------------------------------------------------------------------------------------------------


def definitions(node: cst.CSTNode) -> Iterator[cst.FunctionDef]:
    """Kernels and Warp functions, closures too."""
    if isinstance(node, cst.FunctionDef) and any(_decorator(d) in ("kernel", "func") for d in node.decorators):
        yield node
        return
    for child in node.children:
        yield from definitions(child)


def _decorator(node: cst.Decorator) -> str:
    target = node.decorator.func if isinstance(node.decorator, cst.Call) else node.decorator
    return target.attr.value if isinstance(target, cst.Attribute) else ""


def is_kernel(node: cst.FunctionDef) -> bool:
    """Whether a definition is a kernel."""
    return any(_decorator(d) == "kernel" for d in node.decorators)


def parameters(node: cst.FunctionDef) -> dict[str, str]:
    """Parameter name → annotation as text."""
    text = cst.Module([]).code_for_node
    return {p.name.value: text(p.annotation.annotation) for p in node.params.params if p.annotation is not None}


def nodes(module: cst.Module, kind: Any) -> Iterator[Any]:
    """Nodes of a kind in the bodies of kernels and functions, but for what may not be read."""
    for definition in definitions(module):
        yield from (n for n in within(definition.body) if isinstance(n, kind))


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and those below it that Warp surely reads."""
    yield node
    kind = type(node)  # asking the abstract classes of libcst takes ten times as long
    if kind is cst.Call and m.matches(cst.ensure_type(node, cst.Call).func, m.Attribute(attr=m.Name("static"))):
        return
    if kind in (cst.If, cst.IfExp) and isinstance(node.test, cst.Name):  # type: ignore[attr-defined]
        return  # it may be a constant, and then one arm is dead
    if kind is cst.IfExp and not isinstance(node.test, cst.Comparison):  # type: ignore[attr-defined]
        return
    for child in node.children:
        yield from within(child)


def assignments(module: cst.Module) -> Iterator[cst.Assign]:
    """Assignments to one plain name."""
    for node in nodes(module, cst.Assign):
        if len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
            yield node


def lines(module: cst.Module) -> Iterator[tuple[cst.SimpleStatementLine, Any]]:
    """Lines of one simple statement, and the statements."""
    for line in nodes(module, cst.SimpleStatementLine):
        if len(line.body) == 1:
            yield line, line.body[0]


def math_calls(module: cst.Module) -> Iterator[cst.Call]:
    """Calls of some builtins that take values only."""
    for node in nodes(module, cst.Call):
        math = isinstance(node.func, cst.Attribute) and node.func.attr.value in MATH
        if math and node.args and not any(a.star for a in node.args):
            yield node


def function_calls(module: cst.Module) -> Iterator[cst.Call]:
    """Calls of the program's own functions."""
    defined = {d.name.value for d in definitions(module) if not is_kernel(d)}
    for node in nodes(module, cst.Call):
        if isinstance(node.func, cst.Name) and node.func.value in defined:
            yield node


def array_subscripts(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, cst.Subscript]]:
    """Subscripts of array parameters."""
    for definition in definitions(module):
        arrays = {n for n, t in parameters(definition).items() if "array" in t}
        for node in within(definition.body):
            if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name) and node.value.value in arrays:
                yield definition, node


def array_stores(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, cst.Assign, cst.Subscript]]:
    """Assignments to elements of array parameters."""
    for definition in definitions(module):
        arrays = {n for n, t in parameters(definition).items() if "array" in t}
        for node in within(definition.body):
            if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Subscript):
                target = node.targets[0].target
                if isinstance(target.value, cst.Name) and target.value.value in arrays:
                    yield definition, node, target


def returns(definition: cst.FunctionDef) -> list[cst.Return]:
    """The returns of a function that have a value."""
    return [n for n in within(definition.body) if isinstance(n, cst.Return) and n.value is not None]


def locals_of(module: cst.Module, definition: cst.FunctionDef) -> dict[str, Any]:
    """The types of a kernel's or function's locals, as the checker infers them."""
    return dict(_locals(module).get(definition.name.value, {}))


@lru_cache(maxsize=1)  # the kinds take their turns on one module
def _locals(module: cst.Module) -> dict[str, dict[str, Any]]:
    return check(module).locals


# --- changing ---------------------------------------------------------------------------------------------------------


def appended(definition: cst.FunctionDef, *text: str, first: bool = False) -> Site:
    """More statements at the end of a body, or at its start."""
    more = [cst.parse_statement(line) for line in text]
    body = [*more, *definition.body.body] if first else [*definition.body.body, *more]
    return definition, definition.with_deep_changes(definition.body, body=body)


def in_kernels(*text: str, first: bool = True) -> Sites:
    """Statements at the start of a kernel, or at its end."""
    return lambda module: (appended(d, *text, first=first) for d in definitions(module) if is_kernel(d))


def in_functions(*text: str) -> Sites:
    """Statements at the start of a function."""
    return lambda module: (appended(d, *text, first=True) for d in definitions(module) if not is_kernel(d))


def expression(text: str) -> cst.BaseExpression:
    """An expression from its text."""
    return cst.parse_expression(text)


def parenthesised(node: cst.BaseExpression) -> Any:
    """An expression in parentheses."""
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def without_commas(items: Any) -> list[Any]:
    """Elements or arguments whose commas are left to the renderer."""
    return [item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in items]
