"""Assignment in all its forms: names, tuples of names, elements, components, fields, and with an operator."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.arrays import atomic
from warpsmith.synthesizer.checker.body import STATEMENTS, Body
from warpsmith.synthesizer.checker.calls import call
from warpsmith.synthesizer.checker.expressions import read_attribute
from warpsmith.synthesizer.checker.foreign import erased
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    MAYBE,
    UNKNOWN,
    Builtin,
    StructType,
    TileType,
    TupleType,
    TypeRef,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    show,
)
from warpsmith.synthesizer.checker.objects import Function, FunctionSet, PyFunction, StructDef
from warpsmith.synthesizer.checker.operators import ATOMIC, BINARY
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.subscripts import indexed, locate

_SMALL = frozenset((wp.int8, wp.uint8, wp.int16, wp.uint16))
"""Scalars that no atomic takes: an augmented assignment loads, operates and stores them."""
_SLOT_ATOMIC = frozenset((wp.int32, wp.uint32, wp.int64, wp.uint64))
_SLOT_ADD = _SLOT_ATOMIC | {wp.float16, wp.bfloat16, wp.float32, wp.float64}


def assign(body: Body, node: ast.Assign) -> None:
    """``target = value``."""
    if len(node.targets) != 1:
        body.report(node, "multiple-targets", "one value is assigned to several targets")
        return
    target = node.targets[0]
    if isinstance(target, ast.Tuple):
        _unpack(body, node, target)
    elif isinstance(target, ast.Name):
        bind(body, node, target.id, body.expression(node.value))
    elif isinstance(target, ast.Subscript):
        value = body.value(node.value)
        if not _is_adjoint(target):
            store_element(body, node, target, value)
    elif isinstance(target, ast.Attribute):
        store_attribute(body, node, target, body.value(node.value))
    else:
        body.report(target, "bad-store-target", "only names, elements, components and fields can be assigned to")


def _is_adjoint(target: ast.Subscript) -> bool:
    return isinstance(target.value, ast.Attribute) and target.value.attr == "adjoint"


def bind(body: Body, node: Any, name: str, found: Any) -> None:
    """Bind a name to what an expression yields."""
    existing = body.symbols.get(name)
    if not isinstance(found, (Var, tuple)):
        _bind_object(body, node, name, found, existing)
        return
    if isinstance(found, tuple):
        found = Var(TupleType(tuple(v.type for v in found)), elements=found)
    if isinstance(existing, Var) and name in body.references:
        _store_reference(body, node, name, existing, found)
        return
    if isinstance(existing, Var):
        if existing.reference or not same(found.type, existing.type):
            if (
                erased(found.type) is erased(existing.type)
                and found.type is not existing.type
                and not existing.reference
            ):
                body.symbols[name] = found
                return
            body.report(
                node,
                "type-changed",
                f"{name} is of type {show(existing.type)}, and {show(found.type)} is assigned to it",
            )
            return
        if found.type is UNKNOWN and existing.type is not UNKNOWN:
            found = Var(existing.type, found.constant)
    elif existing is not None:
        body.report(node, "type-changed", f"{name} stands for a function, and a value is assigned to it")
        return
    # A name or a reference is copied; any other value is taken as it is, a constant as a constant.
    copied = found.reference or isinstance(getattr(node, "value", None), ast.Name)
    known_copy = copied and found.constant is not MAYBE
    constant = None if known_copy and not _is_literal(node) else found.constant
    body.symbols[name] = Var(found.type, constant, elements=found.elements)


def _store_reference(body: Body, node: Any, name: str, existing: Var, found: Var) -> None:
    """An assignment to a parameter that is passed by reference: its storage keeps its type."""
    if not same(existing.type, found.type):
        body.report(node, "stored-type-differs", f"{show(found.type)} is stored to {name} of {show(existing.type)}")


def _is_literal(node: Any) -> bool:
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)


def _bind_object(body: Body, node: Any, name: str, found: Any, existing: Any) -> None:
    if found is None:
        body.report(node, "no-value", "the call yields nothing")
    elif existing is not None and existing != found and isinstance(found, (FunctionSet, Builtin)):
        body.report(node, "type-changed", f"{name} is bound to a function after another value")
    elif isinstance(found, (TypeRef, Function)):
        body.report(node, "not-a-value", "a type or a kernel is no value")
    body.symbols[name] = ANYTHING if found is None else found


def _unpack(body: Body, node: ast.Assign, target: ast.Tuple) -> None:
    names = [e.id if isinstance(e, ast.Name) else None for e in target.elts]
    values = _several(body, node, len(names))
    if values is not None and body.references & set(names):
        values = [Var(v.type, v.constant) if isinstance(v, Var) and v.reference else v for v in values]
    if None in names:
        body.report(target, "bad-unpack", "only plain names can be unpacked to")
    if values is None:
        values = [ANYTHING] * len(names)
    elif len(values) != len(names):
        body.report(node, "bad-unpack", f"{len(values)} values for {len(names)} names")
        values = [ANYTHING] * len(names)
    for name, found in zip(names, values, strict=True):
        if name is not None:
            _bind_unpacked(body, node, name, found)


def _bind_unpacked(body: Body, node: Any, name: str, found: Any) -> None:
    existing = body.symbols.get(name)
    if isinstance(existing, Var) and name in body.references and isinstance(found, Var):
        _store_reference(body, node, name, existing, found)
        return
    if isinstance(existing, Var) and isinstance(found, Var):
        unlike = existing.reference != found.reference and UNKNOWN not in (existing.type, found.type)
        if unlike or not same(existing.type, found.type):
            body.report(
                node,
                "type-changed",
                f"{name} is of type {show(existing.type)}, and {show(found.type)} is assigned to it",
            )
            return
    body.symbols[name] = found


def _several(body: Body, node: ast.Assign, count: int) -> list[Any] | None:
    """The values that are unpacked; None if they are unknown."""
    if isinstance(node.value, ast.Tuple):
        return [body.value(e) for e in node.value.elts]
    found = call(body, node.value, count) if isinstance(node.value, ast.Call) else body.expression(node.value)
    if isinstance(found, tuple):
        return list(found)
    var = body.operand(node.value, found)
    if isinstance(var.type, TupleType):
        return [Var(t) for t in var.type.types]
    if var.type is not UNKNOWN:
        body.report(node, "bad-unpack", f"a value of type {show(var.type)} is unpacked to {count} names")
    return None


# --- storing ------------------------------------------------------------------


def store_element(body: Body, node: Any, target: ast.Subscript, value: Var) -> None:
    """``array[i] = value`` or ``value[i] = value``."""
    base, indices = locate(body, target)
    if base is None:
        return
    t = base.type
    found = indexed(body, target, base, indices)
    if found.type is UNKNOWN:
        return
    if isinstance(t, TileType):
        wanted = found.type.dtype if isinstance(found.type, TileType) else found.type
        given = value.type.dtype if isinstance(value.type, TileType) else value.type
        if isinstance(found.type, TileType) != isinstance(value.type, TileType) and value.type is not UNKNOWN:
            body.report(node, "stored-type-differs", f"{show(value.type)} is stored to {show(found.type)}")
        elif isinstance(found.type, TileType):
            _check_stored(body, node, wanted, Var(given))
        return
    if base.reference and family(t) and any(isinstance(i, ast.Slice) for i in indices):
        body.report(target, "bad-slice", "a slice of an array's element or of a field is not stored to")
    elif is_array(found.type) and is_array(t):
        body.report(target, "bad-index-arity", f"an array of {t.ndim} dimensions is stored to with fewer indices")
    elif family(t) in ("vec", "mat", "quat", "transform") or is_array(t):
        _check_stored(body, node, found.type, value)
    else:
        body.report(target, "bad-store-target", f"a value of type {show(t)} is not stored to")


def _check_stored(body: Body, node: Any, wanted: Any, value: Var) -> None:
    if not same(wanted, value.type):
        body.report(node, "stored-type-differs", f"{show(value.type)} is stored to {show(wanted)}")


def store_attribute(body: Body, node: Any, target: ast.Attribute, value: Var) -> None:
    """``value.x = value`` or ``struct.field = value``."""
    base = body.expression(target.value)
    if isinstance(base, (StructDef, FunctionSet, PyFunction, Function)):
        body.report(target, "bad-store-target", "an attribute of a struct's type or of a function is not stored to")
        return
    if not isinstance(base, Var):
        if not isinstance(base, tuple) and base is not None:
            return
        base = body.operand(target.value, base)
    if base.type is UNKNOWN:
        return
    if not (isinstance(base.type, StructType) or family(base.type) in ("vec", "quat", "transform")):
        body.report(target, "bad-store-target", f"an attribute of {show(base.type)} is not stored to")
        return
    found = read_attribute(body, target, base, target.attr)
    if isinstance(found, Var):
        _check_stored(body, node, found.type, value)


# --- with an operator ------------------------------------------------------------------


def augmented(body: Body, node: ast.AugAssign) -> None:
    """``target op= value``."""
    operator = BINARY[type(node.op)]
    if isinstance(node.target, ast.Name):
        _augment_name(body, node, node.target, operator)
    elif isinstance(node.target, ast.Subscript):
        if _is_adjoint(node.target):
            body.value(node.value)
        else:
            _augment_element(body, node, node.target, operator)
    elif isinstance(node.target, ast.Attribute):
        _augment_attribute(body, node, node.target, operator)
    else:
        body.report(node.target, "bad-store-target", "only names, elements, components and fields can be assigned to")


def _augment_name(body: Body, node: ast.AugAssign, target: ast.Name, operator: str) -> None:
    value = body.value(node.value)
    current = body.value(target)
    if isinstance(current.type, TileType) and isinstance(value.type, TileType) and operator in ATOMIC:
        whole = family(current.type.dtype) and family(dtype_of(current.type.dtype)) == "int"
        if operator.startswith("bit") and not whole:
            body.report(node, "no-overload", f"{operator} is not defined for {show(current.type)}")
        elif not same(current.type, value.type):
            body.report(
                node, "operand-types-differ", f"{operator} is not defined for {show((current.type, value.type))}"
            )
        return
    result = body.operate(node, operator, current, value)
    if target.id in body.references:
        _store_reference(body, node, target.id, current, result)
        return
    if current.type is not UNKNOWN and not same(result.type, current.type):
        body.report(
            node, "type-changed", f"{target.id} is of type {show(current.type)} and becomes {show(result.type)}"
        )
        return
    if target.id in body.symbols or body.lookup(target.id) is not MISSING:
        body.symbols[target.id] = Var(current.type if result.type is UNKNOWN else result.type)


def _augment_element(body: Body, node: ast.AugAssign, target: ast.Subscript, operator: str) -> None:
    base, indices = locate(body, target)
    value = body.value(node.value)
    if base is None:
        return
    t = base.type
    if is_array(t):
        _augment_array(body, node, target, base, indices, operator, value)
        return
    found = indexed(body, target, base, indices)
    if found.type is UNKNOWN:
        return
    if isinstance(t, TileType):
        if isinstance(found.type, TileType):
            body.report(target, "bad-store-target", "a part of a tile takes no operator; assign to it")
        else:
            body.operate(node, operator, found, value)
    elif family(t) not in ("vec", "mat", "quat", "transform"):
        body.report(target, "bad-store-target", f"a value of type {show(t)} is not stored to")
    elif base.reference and any(isinstance(i, ast.Slice) for i in indices):
        body.report(target, "bad-slice", "a slice of an array's element or of a field is not stored to")
    elif base.reference and roots_in_element(body, target.value):
        _augment_slot(body, node, found, operator, value)
    elif operator in ATOMIC and not base.reference:
        _check_stored(body, node, found.type, value)
        if operator.startswith("bit") and family(dtype_of(t)) != "int":
            body.report(node, "no-overload", f"{operator} is not defined for {show(t)}")
    else:
        result = body.operate(node, operator, found, value)
        _check_stored(body, node, found.type, result)


def _augment_array(
    body: Body, node: ast.AugAssign, target: ast.Subscript, base: Var, indices: list[Any], operator: str, value: Var
) -> None:
    t = base.type
    plain = not any(isinstance(i, ast.Slice) for i in indices)
    small = family(t.dtype) and dtype_of(t.dtype) in _SMALL
    if operator in ATOMIC and plain and not small and t.dtype is not UNKNOWN:
        found = [body.value(i) for i in indices]
        atomic(body, node, ATOMIC[operator], t, found, [value])
        return
    if base.reference and plain:  # Warp looks for an "extract" of an array
        said = f"{operator} is no atomic update of {show(t.dtype)}, and a struct holds the array"
        body.report(target, "bad-store-target", said)
        return
    element = indexed(body, target, base, indices)
    if element.type is UNKNOWN:
        return
    if is_array(element.type):
        body.report(target, "bad-index-arity", f"an array of {t.ndim} dimensions is updated with fewer indices")
        return
    result = body.operate(node, operator, element, value)
    _check_stored(body, node, t.dtype, result)


def _augment_slot(body: Body, node: ast.AugAssign, slot: Var, operator: str, value: Var) -> None:
    """Update a component or field of an array's element, where Warp adds and subtracts atomically."""
    scalar = dtype_of(slot.type) if family(slot.type) else slot.type
    if scalar in (_SLOT_ADD if operator in ("add", "sub") else _SLOT_ATOMIC if operator in ATOMIC else ()):
        _check_stored(body, node, slot.type, value)
        return
    result = body.operate(node, operator, slot, value)
    _check_stored(body, node, slot.type, result)
    differentiable = family(scalar) == "float" or isinstance(slot.type, StructType)
    if (
        differentiable
        and body.analysis.options(body.scope.file)[1]
        and body.function.is_kernel
        and body.function.backward
    ):
        body.report(
            node, "slot-update-not-differentiable", f"{operator} on a component of an array's element has no derivative"
        )


def _augment_attribute(body: Body, node: ast.AugAssign, target: ast.Attribute, operator: str) -> None:
    base = body.expression(target.value)
    found = read_attribute(body, target, base, target.attr)
    value = body.value(node.value)
    if not isinstance(base, Var) or not isinstance(found, Var) or found.type is UNKNOWN:
        return
    if roots_in_element(body, target.value) and (base.reference or family(base.type)):
        _augment_slot(body, node, found, operator, value)
        return
    result = body.operate(node, operator, found, value)
    _check_stored(body, node, found.type, result)


def roots_in_element(body: Body, node: ast.expr) -> bool:
    """Whether an expression names storage inside an array's element."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript):
            inner: Any = node
            while isinstance(inner, ast.Subscript):
                inner = inner.value
            body.silent += 1
            found = body.expression(inner)
            body.silent -= 1
            if isinstance(found, Var) and isinstance(found.type, Array):
                return True
        node = node.value
    return False


STATEMENTS[ast.Assign] = assign
STATEMENTS[ast.AugAssign] = augmented
