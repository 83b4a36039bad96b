"""What type annotations mean."""

from __future__ import annotations

from typing import Any

import libcst as cst

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import UNKNOWN, Special, StructType, TupleType, TypeRef, family, matrix, vector
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.scope import MISSING, Alias, Scope, StructDef, evaluate, python_builtin, resolve


def annotated(node: cst.BaseExpression, scope: Scope) -> Any:
    """The type that an annotation means: UNKNOWN where it cannot be told, None for ``None``."""
    if isinstance(node, cst.Name) and node.value == "None":
        return None
    if isinstance(node, (cst.Name, cst.Attribute)):
        return as_type(_find(node, scope))
    if isinstance(node, cst.Call):
        return _call(node, scope)
    if isinstance(node, cst.Subscript):
        return _subscript(node, scope)
    return UNKNOWN


def _find(node: cst.BaseExpression, scope: Scope) -> Any:
    found = resolve(node, scope)
    return python_builtin(node.value) if found is MISSING and isinstance(node, cst.Name) else found


def as_type(found: Any) -> Any:
    """The type that something stands for, or UNKNOWN."""
    if isinstance(found, TypeRef):
        return found.type
    if isinstance(found, StructDef):
        return struct_type(found)
    if isinstance(found, Alias):
        return _call(found.node, found.scope)
    return UNKNOWN


def struct_type(definition: StructDef) -> Any:
    """The type of a struct; its fields are read at the first need."""
    if definition.type is None:
        fields: dict[str, Any] = {}
        definition.type = StructType(definition.node.name.value, fields)
        for statement in definition.node.body.body:
            for small in getattr(statement, "body", ()):
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    fields[small.target.value] = annotated(small.annotation.annotation, definition.scope)
        if definition.node.bases:
            # Fields may be inherited from where they cannot be seen.
            definition.type = UNKNOWN
    return definition.type


def _array_dimensions(node: cst.BaseExpression, scope: Scope) -> int | None:
    found = resolve(node, scope)
    is_array = isinstance(found, Special) and found.name.startswith("array:")
    return int(found.name.removeprefix("array:")) if is_array else None


def _call(node: cst.Call, scope: Scope) -> Any:
    arguments = {a.keyword.value: a.value for a in node.args if a.keyword is not None}
    positional = [a.value for a in node.args if a.keyword is None and not a.star]
    ndim = _array_dimensions(node.func, scope)
    if ndim is not None:
        dtype = arguments.get("dtype") or (positional[0] if len(positional) == 1 else None)
        if dtype is None or arguments.keys() - {"dtype", "ndim"}:
            return UNKNOWN
        given = evaluate(arguments["ndim"], scope) if "ndim" in arguments else ndim
        return Array(element(dtype, scope), given) if isinstance(given, int) else UNKNOWN
    found = resolve(node.func, scope)
    if isinstance(found, Special) and found.name.startswith("types."):
        return constructed(found.name.removeprefix("types."), arguments, positional, scope)
    return UNKNOWN


def constructed(name: str, arguments: dict[str, Any], positional: list[Any], scope: Scope) -> Any:
    """The type that ``wp.types.vector(length=…, dtype=…)`` and its like make, or UNKNOWN."""
    named = dict(zip(("length" if name == "vector" else "shape", "dtype"), positional, strict=False)) | arguments
    dtype = element(named["dtype"], scope) if "dtype" in named else UNKNOWN
    if family(dtype) not in ("int", "float"):
        return UNKNOWN
    if name == "vector" and "length" in named:
        length = evaluate(named["length"], scope)
        return vector(length, dtype) if isinstance(length, int) and length > 0 else UNKNOWN
    if name == "matrix" and isinstance(named.get("shape"), cst.Tuple):
        shape = [evaluate(e.value, scope) for e in named["shape"].elements]
        if len(shape) == 2 and all(isinstance(n, int) and n > 0 for n in shape):
            return matrix(shape[0], shape[1], dtype)
    return UNKNOWN


def element(node: cst.BaseExpression, scope: Scope) -> Any:
    """The element type of an array annotation."""
    found = annotated(node, scope)
    return UNKNOWN if found is None or isinstance(found, (Array, TupleType)) else found


def _subscript(node: cst.Subscript, scope: Scope) -> Any:
    items = [s.slice.value for s in node.slice if isinstance(s.slice, cst.Index)]
    ndim = _array_dimensions(node.value, scope)
    if ndim is not None and len(items) == 1:
        return Array(element(items[0], scope), ndim)
    if dotted(node.value).rpartition(".")[2] in ("tuple", "Tuple") and items:
        if any(isinstance(i, cst.Ellipsis) for i in items):
            return UNKNOWN
        return TupleType(tuple(annotated(i, scope) for i in items))
    return UNKNOWN
