"""Typing rules of builtins that make, update and search arrays."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.annotations import as_type
from warpsmith.synthesizer.checker.arguments import Call
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    UNKNOWN,
    FixedArray,
    TupleType,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    show,
)
from warpsmith.synthesizer.checker.records import RULES_BY_NAME, by_generic_records, by_parameter, passes, type_of
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.static import number

_WIDE = (wp.int32, wp.uint32, wp.int64, wp.uint64)


_ATOMIC: dict[str, tuple[Any, ...]] = {
    "atomic_add": (*_WIDE, wp.float16, wp.bfloat16, wp.float32, wp.float64),
    "atomic_sub": (*_WIDE, wp.float16, wp.bfloat16, wp.float32, wp.float64),
    "atomic_min": (*_WIDE, wp.bfloat16, wp.float32, wp.float64),
    "atomic_max": (*_WIDE, wp.bfloat16, wp.float32, wp.float64),
    "atomic_cas": (*_WIDE, wp.float32, wp.float64),
    "atomic_exch": (*_WIDE, wp.float32, wp.float64),
    "atomic_and": _WIDE,
    "atomic_or": _WIDE,
    "atomic_xor": _WIDE,
}


def _atomic_call(body: Body, name: str, made: Call) -> Any:
    values = ("compare", "value") if name == "atomic_cas" else ("value",)
    count = len(made.values) - 1 - len(values)
    if not 1 <= count <= 4:
        return body.report(made.node, "wrong-arity", f"{name} takes an array, its indices and {' and '.join(values)}")
    bound = by_parameter(body, name, made, "arr", *"ijkl"[:count], *values)
    if bound is None:
        return ANYTHING
    array = type_of(bound["arr"])
    if not isinstance(array, Array):
        return by_generic_records(body, name, made) if array is not UNKNOWN else ANYTHING
    return atomic(body, made.node, name, array, [bound[i] for i in "ijkl"[:count]], [bound[v] for v in values])


def atomic(body: Body, node: Any, name: str, array: Any, indices: list[Any], values: list[Any]) -> Any:
    """An atomic update of an array's element."""
    for index in indices:
        if type_of(index) is not UNKNOWN and family(type_of(index)) != "int":
            return body.report(node, "index-not-int", f"{name} with an index of type {show(type_of(index))}")
    if len(indices) != array.ndim:
        return body.report(
            node, "bad-index-arity", f"{name} with {len(indices)} indices on an array of {array.ndim} dimensions"
        )
    for value in values:
        if not same(type_of(value), array.dtype):
            return body.report(
                node, "stored-type-differs", f"{name} of {show(type_of(value))} on an array of {show(array.dtype)}"
            )
    if family(array.dtype) and dtype_of(array.dtype) not in _ATOMIC[name]:
        return body.report(node, "no-overload", f"{name} on an array of {show(array.dtype)}")
    return Var(array.dtype)


def _zeros(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "shape", "dtype")
    if bound is None:
        return ANYTHING
    keyed = {k.arg: k.value for k in made.node.keywords}
    shape = keyed.get("shape") or made.node.args[0]
    items = list(shape.elts) if isinstance(shape, ast.Tuple) else [shape]
    extents: list[int | None] = []
    for item in items:
        found = body.value(item)
        if isinstance(found.type, TupleType) or found.type is UNKNOWN:
            return ANYTHING
        if found.constant is None:
            return body.report(made.node, "bad-argument", "the shape of zeros() is constant")
        known = number(item, body.scope)
        local = isinstance(item, ast.Name) and item.id in body.symbols and item.id not in body.constants
        extent = found.constant if local or known is MISSING else known
        extents.append(extent if isinstance(extent, int) else None)
    dtype = as_type(bound["dtype"])
    return ANYTHING if dtype is UNKNOWN else Var(FixedArray(dtype, tuple(extents)))


def _array(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, "array", made, "ptr", "shape", "dtype")
    if bound is None:
        return ANYTHING
    shape = type_of(bound["shape"])
    dtype = as_type(bound["dtype"])
    if shape is wp.int32:
        return Var(Array(dtype, 1))
    return Var(Array(dtype, len(shape.types))) if isinstance(shape, TupleType) else ANYTHING


def _lower_bound(body: Body, name: str, made: Call) -> Any:
    full = len(made.values) > 2
    bound = by_parameter(body, name, made, *(("arr", "arr_begin", "arr_end", "value") if full else ("arr", "value")))
    if bound is None:
        return ANYTHING
    for key, found in bound.items():
        t = type_of(found)
        if t is UNKNOWN:
            continue
        array = type_of(bound["arr"])
        wanted = array.dtype if key == "value" and is_array(array) else wp.int32
        fits = passes(t, array) if key == "arr" and is_array(t) else same(t, wanted)
        if not fits:
            return body.report(made.node, "no-overload", f"lower_bound with {key} of type {show(t)}")
    return Var(wp.int32)


RULES_BY_NAME.update(dict.fromkeys(_ATOMIC, _atomic_call))
RULES_BY_NAME.update({"zeros": _zeros, "array": _array, "lower_bound": _lower_bound})
