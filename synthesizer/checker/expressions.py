"""The types of expressions: literals, names, operators, comparisons, conditionals, attributes."""

from __future__ import annotations

from typing import Any

import libcst as cst
import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.annotations import as_type
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body, selectable
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    MAYBE,
    OPAQUE,
    OUTSIDE,
    SHAPE,
    STRING,
    UNKNOWN,
    EnumRef,
    FixedArray,
    ModuleRef,
    StructType,
    TupleType,
    TypeRef,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    shape_of,
    show,
    vector,
)
from warpsmith.synthesizer.checker.scope import MISSING, Alias, Function, FunctionSet, StructDef, attribute

_LITERALS = {"True": True, "False": False}
BINARY = {
    cst.Add: "add",
    cst.Subtract: "sub",
    cst.Multiply: "mul",
    cst.MatrixMultiply: "mul",
    cst.Divide: "div",
    cst.FloorDivide: "floordiv",
    cst.Modulo: "mod",
    cst.Power: "pow",
    cst.BitAnd: "bit_and",
    cst.BitOr: "bit_or",
    cst.BitXor: "bit_xor",
    cst.LeftShift: "lshift",
    cst.RightShift: "rshift",
}
_UNARY = {cst.Plus: "pos", cst.Minus: "neg", cst.Not: "unot", cst.BitInvert: "invert"}
_ORDER = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
_NARROW = frozenset((wp.float16, wp.bfloat16))
"""Floats that C++ converts to nothing by itself: they are no conditions, and compare with their own kind only."""
_EQUALITY = (cst.Equal, cst.NotEqual)


def integer(_body: Body, node: cst.Integer) -> Var:
    """An int32."""
    return Var(wp.int32, int(node.value.replace("_", ""), 0))


def floating(_body: Body, node: cst.Float) -> Var:
    """A float32."""
    return Var(wp.float32, float(node.value.replace("_", "")))


def string(body: Body, node: cst.SimpleString) -> Var:
    """Text, for print and the like; bytes are none."""
    if "b" in node.prefix.lower():
        return body.report(node, "unsupported-construct", "bytes are not supported in kernels")
    return Var(STRING, OPAQUE)


def name(body: Body, node: cst.Name) -> Any:
    """A local, a constant from outside, or an object of the compiler."""
    found = body.symbols.get(node.value, MISSING)
    if found is not MISSING:
        return found
    if node.value in _LITERALS:
        return Var(wp.bool, _LITERALS[node.value])
    if node.value == "None":
        return body.report(node, "unsupported-construct", "None is not supported in kernels")
    found = body.scope.lookup(node.value)
    if isinstance(found, Var) and found is not OUTSIDE:
        # Warp makes a constant of it and takes it for a local from here on.
        found = body.symbols[node.value] = Var(found.type, found.constant)
        body.outside.add(node.value)
    elif isinstance(found, Alias):
        return TypeRef(as_type(found))
    elif found is MISSING:
        return body.report(node, "undefined-name", f"{node.value} is not defined")
    return found


def parenthesised(body: Body, node: cst.Tuple) -> Var:
    """A tuple as a value."""
    if any(not isinstance(e, cst.Element) for e in node.elements):
        return body.report(node, "unsupported-construct", "a starred element is not supported in kernels")
    values = [body.value(e.value) for e in node.elements]
    return Var(TupleType(tuple(v.type for v in values)))


def binary(body: Body, node: cst.BinaryOperation) -> Var:
    """An arithmetic or bitwise operator."""
    left, right = body.value(node.left), body.value(node.right)
    return body.operate(node, BINARY[type(node.operator)], left, right)


def unary(body: Body, node: cst.UnaryOperation) -> Var:
    """A sign, ``not`` or ``~``; a negated constant is a constant."""
    operand = body.value(node.expression)
    if isinstance(node.operator, cst.Minus):
        if isinstance(operand.constant, (int, float)):
            literal = not isinstance(node.expression, cst.Name) or node.expression.value in _LITERALS
            kept = literal or not isinstance(operand.constant, bool)
            return Var(operand.type if kept else wp.int32, -operand.constant)
        if operand.constant is OPAQUE and family(operand.type) in ("int", "float"):
            return Var(operand.type, OPAQUE)
        if operand.constant is MAYBE:
            return OUTSIDE
    return body.operate(node, _UNARY[type(node.operator)], operand)


def boolean(body: Body, node: cst.BooleanOperation) -> Var:
    """``and`` and ``or``: the result is a bool."""
    for side in (node.left, node.right):
        condition(body, side)
    return Var(wp.bool)


def condition(body: Body, node: cst.BaseExpression) -> Var:
    """An expression that is tested."""
    found = body.value(node)
    t = found.type
    if t not in (UNKNOWN, STRING) and not is_array(t) and (t in _NARROW or family(t) not in ("bool", "int", "float")):
        body.report(node, "not-a-condition", f"a value of type {show(found.type)} is no condition")
    return found


def comparison(body: Body, node: cst.Comparison) -> Var:
    """A comparison or a chain of them; int and float may be compared, but a chain needs one type from the second on."""
    left = body.value(node.left)
    previous: Var | None = None
    for target in node.comparisons:
        right = body.value(target.comparator)
        if not isinstance(target.operator, _ORDER + _EQUALITY):
            body.report(target, "unsupported-comparison", "is, in and their negations are not supported in kernels")
        elif previous is not None and not _chains(previous, right):
            body.report(
                target, "mixed-comparison-chain", f"a chain compares {show(previous.type)} with {show(right.type)}"
            )
        elif not _comparable(left, right, isinstance(target.operator, _ORDER)):
            body.report(target, "not-comparable", f"{show(left.type)} and {show(right.type)} cannot be compared so")
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


def conditional(body: Body, node: cst.IfExp) -> Any:
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


def attribute_of(body: Body, node: cst.Attribute) -> Any:
    """A component, a field, or an attribute of a module or type."""
    base = body.expression(node.value)
    return read_attribute(body, node, base, node.attr.value)


def read_attribute(body: Body, node: cst.Attribute, base: Any, attr: str) -> Any:
    """What an attribute of something already read is."""
    if isinstance(base, (ModuleRef, EnumRef)):
        found = attribute(base, attr)
        if found is MISSING:
            return body.report(node, "unknown-attribute", f"{base.name} has no attribute {attr}")
        if isinstance(found, Var) and found is not OUTSIDE:
            return Var(found.type, found.constant)
        return found
    if isinstance(base, (TypeRef, FunctionSet, Function, StructDef)) or base is OUTSIDE:
        return OUTSIDE
    var = body.operand(node.value, base)
    t = var.type
    if t is UNKNOWN or t is STRING:
        return OUTSIDE if var.constant is MAYBE else ANYTHING
    if isinstance(t, StructType):
        if attr not in t.fields:
            return body.report(node, "unknown-field", f"{t.__name__} has no field {attr}")
        return Var(t.fields[attr], reference=True)
    if isinstance(t, (Array, FixedArray)):
        return _of_array(body, node, t, attr)
    return component(body, node, var, attr)


def _of_array(body: Body, node: cst.Attribute, t: Any, attr: str) -> Any:
    if attr == "shape":
        return Var(SHAPE, reference=True)
    if attr == "dtype":
        return TypeRef(t.dtype)
    if hasattr(wp.array, attr) or attr in ("data", "grad", "ndim", "strides", "ptr", "size"):
        return ANYTHING
    return body.report(node, "unknown-attribute", f"an array has no attribute {attr}")


def component(body: Body, node: cst.Attribute, var: Var, attr: str) -> Any:
    """``.x`` to ``.w`` of a vector or quaternion, ``.p`` and ``.q`` of a transform, ``.dtype`` of any value."""
    kind, t = family(var.type), var.type
    if kind in ("vec", "quat") and len(attr) == 1 and attr in "xyzw"[: shape_of(t)[0]]:
        return Var(dtype_of(t))
    if kind == "transform" and attr in ("p", "q"):
        dtype = dtype_of(t)
        return Var(vector(3, dtype) if attr == "p" else _quaternion(dtype))
    if kind and attr == "dtype":
        return TypeRef(dtype_of(t))
    if (kind and attr == "length") or not kind or hasattr(t, attr):
        return ANYTHING
    if var.constant is not None and kind in ("bool", "int", "float"):
        # A constant ignores attributes, so that an enumeration's ``.value`` works.
        return var
    return body.report(node, "unknown-attribute", f"{show(t)} has no attribute {attr}")


def _quaternion(dtype: Any) -> Any:
    return {wp.float16: wp.quath, wp.float32: wp.quatf, wp.float64: wp.quatd}.get(dtype, UNKNOWN)


EXPRESSIONS.update(
    {
        cst.Integer: integer,
        cst.Float: floating,
        cst.SimpleString: string,
        cst.ConcatenatedString: lambda _body, _node: Var(STRING, OPAQUE),
        cst.Name: name,
        cst.Tuple: parenthesised,
        cst.BinaryOperation: binary,
        cst.UnaryOperation: unary,
        cst.BooleanOperation: boolean,
        cst.Comparison: comparison,
        cst.IfExp: conditional,
        cst.Attribute: attribute_of,
    }
)
