"""Names that a piece of code binds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst


def bound_names(node: cst.CSTNode) -> Iterator[str]:
    """Names that a piece of Python code binds in its own scope; repeats are possible."""
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        yield node.name.value
        return
    if isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr)):
        yield from target_names(node.target)
    elif isinstance(node, cst.AsName):
        yield from target_names(node.name)
    elif isinstance(node, cst.ImportAlias) and node.asname is None:
        yield dotted(node.name).split(".")[0]
    elif isinstance(node, (cst.Global, cst.Nonlocal)):
        yield from (item.name.value for item in node.names)
    for child in node.children:
        yield from bound_names(child)


def target_names(node: Any) -> Iterator[str]:
    """Names in the target of an assignment."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, (cst.Tuple, cst.List)):
        for element in node.elements:
            yield from target_names(element.value)


def parameter_names(node: cst.FunctionDef) -> Iterator[str]:
    """Names of a function's parameters."""
    p = node.params
    for parameter in (*p.posonly_params, *p.params, *p.kwonly_params):
        yield parameter.name.value
    for star in (p.star_arg, p.star_kwarg):
        if isinstance(star, cst.Param):
            yield star.name.value


def dotted(node: Any) -> str:
    """``a.b.c`` as text; the empty text if the node is no dotted name."""
    if isinstance(node, cst.Name):
        return node.value
    return f"{dotted(node.value)}.{node.attr.value}" if isinstance(node, cst.Attribute) else ""
