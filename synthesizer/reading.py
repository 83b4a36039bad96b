"""Reading libcst trees of Warp programs: functions, access paths, what is an array.

Nothing here keys on a node: a built tree may hold one node in several places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import libcst as cst


@cache
def child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node class that hold more than white space and punctuation."""
    space = ("whitespace", "lpar", "rpar", "comma", "leading", "trailing", "header", "footer", "semicolon", "lbracket")
    return tuple(f.name for f in fields(kind) if not f.name.startswith(space))


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and everything below it, white space apart; a node that stands in two places comes twice."""
    yield node
    for name in child_fields(type(node)):
        value = getattr(node, name)
        for child in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(child, cst.CSTNode):
                yield from walk(child)


def last_name(node: cst.CSTNode) -> str:
    """The last name of ``wp.sin`` or ``sin``; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else ""


def decorated(node: cst.FunctionDef | cst.ClassDef, name: str) -> bool:
    """Whether the definition carries ``@wp.name`` or ``@wp.name(…)``."""
    return any(
        last_name(d.decorator.func if isinstance(d.decorator, cst.Call) else d.decorator) == name
        for d in node.decorators
    )


def functions(module: cst.Module) -> dict[str, cst.FunctionDef]:
    """The module's kernels and Warp functions by name, in order."""
    return {
        s.name.value: s
        for s in module.body
        if isinstance(s, cst.FunctionDef) and (decorated(s, "kernel") or decorated(s, "func"))
    }


def structs(module: cst.Module) -> dict[str, frozenset[str]]:
    """The module's structs by name, each with those of its fields that are arrays."""
    return {
        s.name.value: frozenset(
            line.target.value
            for statement in s.body.body
            if isinstance(statement, cst.SimpleStatementLine)
            for line in statement.body
            if isinstance(line, cst.AnnAssign)
            and isinstance(line.target, cst.Name)
            and array_ndim(line.annotation.annotation)
        )
        for s in module.body
        if isinstance(s, cst.ClassDef)
    }


def root(node: cst.CSTNode) -> tuple[str, frozenset[str]]:
    """The name an access path starts from, and the fields it goes through."""
    fields_: set[str] = set()
    while isinstance(node, (cst.Subscript, cst.Attribute)):
        if isinstance(node, cst.Attribute):
            fields_.add(node.attr.value)
        node = node.value
    return (node.value if isinstance(node, cst.Name) else ""), frozenset(fields_)


def array_ndim(annotation: cst.CSTNode) -> int:
    """Dimensions of an annotated array; 0 for anything else."""
    if isinstance(annotation, (cst.Call, cst.Subscript)):
        head = annotation.func if isinstance(annotation, cst.Call) else annotation.value
    else:
        head = annotation  # type: ignore[assignment]
    name = last_name(head)
    if "array" not in name:
        return 0
    if isinstance(annotation, cst.Call):
        for arg in annotation.args:
            if arg.keyword is not None and arg.keyword.value == "ndim" and isinstance(arg.value, cst.Integer):
                return int(arg.value.value)
    digits = "".join(filter(str.isdigit, name))
    return int(digits) if digits else 1


def arrays_of(node: cst.FunctionDef) -> dict[str, int]:
    """Names of a function that stand for arrays: its parameters, and what is bound to them or to their rows."""
    found = {
        p.name.value: array_ndim(p.annotation.annotation)
        for p in node.params.params
        if p.annotation is not None and array_ndim(p.annotation.annotation)
    }
    for inner in walk(node.body):
        if isinstance(inner, cst.Assign) and isinstance(inner.targets[0].target, cst.Name):
            left = remaining(inner.value, found)
            if left:
                found[inner.targets[0].target.value] = left
    return found


def remaining(value: cst.CSTNode, arrays: dict[str, int]) -> int:
    """Dimensions of an expression that names an array or a view of one; 0 for an element and for anything else."""
    if isinstance(value, cst.Name):
        return arrays.get(value.value, 0)
    if isinstance(value, cst.Subscript):
        inner = remaining(value.value, arrays)
        return max(0, inner - sum(isinstance(e.slice, cst.Index) for e in value.slice)) if inner else 0
    return 0
