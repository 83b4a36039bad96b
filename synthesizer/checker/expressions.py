"""The types of expressions: literals, names, operators, comparisons, conditionals, attributes."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.grammar import registry
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.annotations import struct_type
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body, selectable
from warpsmith.synthesizer.checker.foreign import members
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    LENGTH,
    MAYBE,
    OPAQUE,
    SHAPE,
    STRING,
    UNKNOWN,
    EnumRef,
    FixedArray,
    ModuleRef,
    OtherArray,
    PyObject,
    Special,
    StructType,
    TileType,
    TupleType,
    TypeRef,
    Unresolved,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    shape_of,
    show,
    vector,
)
from warpsmith.synthesizer.checker.objects import ClassRef, FileRef, Function, FunctionSet, OwnEnum, StructDef
from warpsmith.synthesizer.checker.operators import BINARY, UNARY
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.static import attribute

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_NARROW = frozenset((wp.float16, wp.bfloat16))
"""Floats that C++ converts to nothing by itself: they are no conditions, and compare with their own kind only."""
_EQUALITY = (ast.Eq, ast.NotEq)


def literal(body: Body, node: ast.Constant) -> Var:
    """An int32, float32 or bool; or text, for print and the like."""
    value = node.value
    if isinstance(value, bool):
        return Var(wp.bool, value)
    if isinstance(value, int):
        return Var(wp.int32, value)
    if isinstance(value, float):
        return Var(wp.float32, value)
    if isinstance(value, str):
        return Var(STRING, value)
    what = "None" if value is None else "an ellipsis" if value is ... else type(value).__name__
    return body.report(node, "unsupported-construct", f"{what} is not supported in kernels")


def name(body: Body, node: ast.Name) -> Any:
    """A local, a constant from outside, or an object of the compiler."""
    found = body.symbols.get(node.id, MISSING)
    if found is not MISSING:
        if type(found) is Var and found.type is UNKNOWN and found.reason:
            return body.doubt(node, found.reason, found.constant)
        return found
    found = body.scope.lookup(node.id)
    if isinstance(found, Var):
        # Warp makes a constant of it and takes it for a local from here on.
        found = body.symbols[node.id] = Var(found.type, found.constant)
        body.constants.add(node.id)
    elif found is MISSING:
        if body.scope.file.has_open_scopes:
            return body.doubt(node, f"{node.id} may be bound where it cannot be seen", MAYBE)
        return body.report(node, "undefined-name", f"{node.id} is not defined")
    elif isinstance(found, (Unresolved, PyObject)):
        return body.outside(node, found)
    elif isinstance(found, Special) and found.name.startswith(("math:", "numpy:")):
        return body.report(node, "outside-object", f"{node.id} is a Python function")
    return found


def parenthesised(body: Body, node: ast.Tuple) -> Var:
    """A tuple as a value."""
    if any(isinstance(e, ast.Starred) for e in node.elts):
        return body.report(node, "unsupported-construct", "a starred element is not supported in kernels")
    values = tuple(body.value(e) for e in node.elts)
    return Var(TupleType(tuple(v.type for v in values)), elements=values)


def binary(body: Body, node: ast.BinOp) -> Var:
    """An arithmetic or bitwise operator."""
    left, right = body.value(node.left), body.value(node.right)
    return body.operate(node, BINARY[type(node.op)], left, right)


def unary(body: Body, node: ast.UnaryOp) -> Var:
    """A sign, ``not`` or ``~``; a negated constant is a constant."""
    operand = body.value(node.operand)
    if isinstance(node.op, ast.USub):
        if isinstance(operand.constant, (int, float)):
            kept = not isinstance(node.operand, ast.Name) or not isinstance(operand.constant, bool)
            return Var(operand.type if kept else wp.int32, -operand.constant)
        if operand.constant is OPAQUE and family(operand.type) in ("int", "float"):
            return Var(operand.type, OPAQUE)
        if operand.constant is MAYBE:
            return Var(UNKNOWN, MAYBE)
    return body.operate(node, UNARY[type(node.op)], operand)


def boolean(body: Body, node: ast.BoolOp) -> Var:
    """``and`` and ``or``: the result is a bool."""
    for side in node.values:
        condition(body, side)
    return Var(wp.bool)


def condition(body: Body, node: ast.expr) -> Var:
    """An expression that is tested."""
    found = body.value(node)
    t = found.type
    if t not in (UNKNOWN, STRING) and not is_array(t) and (t in _NARROW or family(t) not in ("bool", "int", "float")):
        body.report(node, "not-a-condition", f"a value of type {show(found.type)} is no condition")
    return found


def comparison(body: Body, node: ast.Compare) -> Var:
    """A comparison or a chain of them; int and float may be compared, but a chain needs one type from the second on."""
    left = body.value(node.left)
    previous: Var | None = None
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = body.value(comparator)
        if not isinstance(operator, _ORDER + _EQUALITY):
            body.report(node, "unsupported-comparison", "is, in and their negations are not supported in kernels")
        elif previous is not None and not _chains(previous, right):
            body.report(
                comparator, "mixed-comparison-chain", f"a chain compares {show(previous.type)} with {show(right.type)}"
            )
        elif not _comparable(left, right, isinstance(operator, _ORDER)):
            body.report(comparator, "not-comparable", f"{show(left.type)} and {show(right.type)} cannot be compared so")
        left = previous = right
    return Var(wp.bool)


def _chains(a: Var, b: Var) -> bool:
    # Each reference to storage has a type of its own, so two of them never chain.
    if UNKNOWN in (a.type, b.type):
        return True
    return not a.reference and not b.reference and a.type == b.type


def _comparable(a: Var, b: Var, order: bool) -> bool:
    kinds = {family(a.type), family(b.type)}
    if UNKNOWN in (a.type, b.type) or "" in kinds:
        return True
    if kinds <= {"bool", "int", "float"}:
        return a.type is b.type or not {a.type, b.type} & _NARROW
    return not order and same(a.type, b.type)


def conditional(body: Body, node: ast.IfExp) -> Any:
    """``a if test else b``; a constant test leaves one arm unread."""
    test = condition(body, node.test)
    if isinstance(test.constant, (bool, int, float)):
        return body.expression(node.body if test.constant else node.orelse)
    body.silent += test.constant is not None
    first, second = body.value(node.body), body.value(node.orelse)
    body.silent -= test.constant is not None
    if test.constant is not None:
        return Var(first.type) if same(first.type, second.type) else ANYTHING
    if not same(first.type, second.type):
        return body.report(
            node, "conditional-arms-differ", f"the arms are of types {show(first.type)} and {show(second.type)}"
        )
    if not selectable(test.type) and family(test.type) in ("float",):
        body.report(node.test, "not-a-condition", f"a condition of type {show(test.type)} selects no value")
    return Var(second.type if first.type is UNKNOWN else first.type)


def attribute_of(body: Body, node: ast.Attribute) -> Any:
    """A component, a field, or an attribute of a module or type."""
    base = body.expression(node.value)
    return read_attribute(body, node, base, node.attr)


def read_attribute(body: Body, node: ast.Attribute, base: Any, attr: str) -> Any:
    """What an attribute of something already read is."""
    if isinstance(base, (ModuleRef, EnumRef, FileRef, ClassRef, OwnEnum, TypeRef)):
        return _of_object(body, node, base, attr)
    if isinstance(base, StructDef) and attr in struct_type(base).fields:
        return body.report(node, "unknown-attribute", f"{base.node.name} is a struct, and no value of it")
    if isinstance(base, (FunctionSet, Function, StructDef)):
        return body.doubt(node, "an attribute of a function or a struct", MAYBE)
    var = body.operand(node.value, base)
    t = var.type
    if t is STRING and var.constant is not None:
        return var  # Warp takes any attribute of a constant for the constant
    if t is UNKNOWN or t is STRING:
        return Var(UNKNOWN, MAYBE if var.constant is MAYBE else None)
    if isinstance(t, StructType):
        if attr not in t.fields:
            return body.report(node, "unknown-field", f"{t.__name__} has no field {attr}")
        return Var(t.fields[attr], reference=True)
    if is_array(t) or isinstance(t, TileType):
        return _of_array(body, node, t, attr)
    return component(body, node, var, attr)


def _of_object(body: Body, node: ast.Attribute, base: Any, attr: str) -> Any:
    """An attribute of a module, a class or a type."""
    found = attribute(base, attr)
    if found is MISSING:
        if isinstance(base, FileRef) and base.file.has_open_scopes:
            return body.doubt(node, f"{attr} may be bound where it cannot be seen", MAYBE)
        return body.report(node, "unknown-attribute", f"{_told(base)} has no attribute {attr}")
    if isinstance(found, (Unresolved, PyObject)):
        return body.outside(node, found)
    return Var(found.type, found.constant) if isinstance(found, Var) else found


def _told(base: Any) -> str:
    if isinstance(base, FileRef):
        return str(base.file.package.name)
    return base.node.name if isinstance(base, ClassRef) else getattr(base, "name", "the type")


_OF_ARRAY = {"ptr": wp.uint64, "data": wp.uint64, "grad": wp.uint64}


def _of_array(body: Body, node: ast.Attribute, t: Any, attr: str) -> Any:
    if attr == "shape" and not isinstance(t, TileType):
        return Var(SHAPE, reference=True)
    if attr == "dtype":
        return TypeRef(t.dtype)
    if attr in _OF_ARRAY and isinstance(t, (Array, FixedArray)):
        return Var(_OF_ARRAY[attr], reference=True)
    if attr == "strides" and isinstance(t, (Array, FixedArray)):
        return Var(SHAPE, reference=True)
    if attr == "size" and isinstance(t, OtherArray) and t.kind != "indexedarray":
        return Var(wp.uint64, reference=True)
    if isinstance(t, TileType) and not hasattr(t.origin, attr):
        return body.report(node, "unknown-attribute", f"a tile has no attribute {attr}")
    if attr in ("ndim", "shape", "size") or isinstance(t, (TileType, OtherArray)):
        # Warp takes it for an attribute of its own description of the type, a Python object.
        return PyObject(f"array.{attr}") if attr == "size" else body.doubt(node, f"{attr} of an array's type", MAYBE)
    if callable(getattr(wp.array, attr, None)) and attr not in registry.names():
        return PyObject(f"array.{attr}")
    if hasattr(wp.array, attr):
        return body.doubt(node, f"{attr} of an array's type", MAYBE)
    return body.report(node, "unknown-attribute", f"an array has no attribute {attr}")


def component(body: Body, node: ast.Attribute, var: Var, attr: str) -> Any:
    """``.x`` to ``.w`` of a vector or quaternion, ``.p`` and ``.q`` of a transform, ``.dtype`` of any value."""
    kind, t = family(var.type), var.type
    if kind in ("vec", "quat") and len(attr) == 1 and attr in "xyzw"[: shape_of(t)[0]]:
        return Var(dtype_of(t))
    if kind == "transform" and attr in ("p", "q"):
        dtype = dtype_of(t)
        return Var(vector(3, dtype) if attr == "p" else _quaternion(dtype))
    if kind and attr == "dtype":
        return TypeRef(dtype_of(t))
    known = members(t) if not kind else {}
    if attr in known:
        return Var(known[attr], reference=True)
    if not kind and isinstance(t, type) and not hasattr(t, attr):
        return body.report(node, "unknown-attribute", f"{show(t)} has no attribute {attr}")
    if kind and attr == "length":
        return Var(UNKNOWN, MAYBE, reason=LENGTH)
    if not kind or hasattr(t, attr):
        return body.doubt(node, f"{attr} of a type")
    if var.constant is not None and kind in ("bool", "int", "float"):
        # A constant ignores attributes, so that an enumeration's ``.value`` works.
        return var
    return body.report(node, "unknown-attribute", f"{show(t)} has no attribute {attr}")


def _quaternion(dtype: Any) -> Any:
    return {wp.float16: wp.quath, wp.float32: wp.quatf, wp.float64: wp.quatd}.get(dtype, UNKNOWN)


EXPRESSIONS.update(
    {
        ast.Constant: literal,
        ast.Name: name,
        ast.Tuple: parenthesised,
        ast.BinOp: binary,
        ast.UnaryOp: unary,
        ast.BoolOp: boolean,
        ast.Compare: comparison,
        ast.IfExp: conditional,
        ast.Attribute: attribute_of,
    }
)
