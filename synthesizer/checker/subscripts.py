"""Indexing and slicing: array elements and views, components, rows, tuple elements."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.grammar import registry
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    SHAPE,
    SLICE,
    STRING,
    UNKNOWN,
    EnumRef,
    ModuleRef,
    OtherArray,
    Special,
    TileType,
    TupleType,
    TypeRef,
    Var,
    dtype_of,
    family,
    is_array,
    matrix,
    shape_of,
    show,
    vector,
)

Index = Any
"""One index of a subscript: an expression, or an ``ast.Slice``."""


def subscript(body: Body, node: ast.Subscript) -> Any:
    """A subscript that is read."""
    if is_adjoint(node):
        return Var(body.value(node.slice).type, reference=True)
    target, indices = locate(body, node)
    return ANYTHING if target is None else indexed(body, node, target, indices)


def is_adjoint(node: ast.Subscript) -> bool:
    """Whether it is ``wp.adjoint[x]``."""
    return isinstance(node.value, ast.Attribute) and node.value.attr == "adjoint"


def indices_of(node: ast.Subscript) -> list[Index]:
    """The indices of one pair of brackets."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def locate(body: Body, node: ast.Subscript) -> tuple[Var | None, list[Index]]:
    """What is indexed, and the indices that are left when whole array elements have been taken; None if unknown."""
    groups: list[list[Index]] = []
    base: Any = node
    while isinstance(base, ast.Subscript) and not is_adjoint(base):
        groups.insert(0, indices_of(base))
        base = base.value
    found = body.expression(base)
    if isinstance(found, (TypeRef, ModuleRef, EnumRef)) or found == Special("adjoint"):
        return None, []
    if isinstance(found, tuple):
        found = Var(TupleType(tuple(v.type for v in found)))
    var = body.operand(base, found)
    if var.type is UNKNOWN or var.type is STRING:
        for group in groups:
            for index in group:
                _read_index(body, index)
        return None, []
    return _strip_elements(body, node, var, groups)


def _strip_elements(
    body: Body, node: ast.Subscript, var: Var, groups: list[list[Index]]
) -> tuple[Var | None, list[Index]]:
    while isinstance(var.type, TileType) and len(groups) > 1 and _makes_view(body, groups, var.type):
        var = of_tile(body, node, var, groups.pop(0))
        if var.type is UNKNOWN:
            return None, []
    flat = [index for group in groups for index in group]
    if not is_array(var.type) or len(flat) <= var.type.ndim:
        return var, flat
    count = 0
    while count < var.type.ndim:
        count += len(groups.pop(0))
    if count > var.type.ndim:
        body.report(node, "bad-index-arity", f"{len(flat)} indices for an array of {var.type.ndim} dimensions")
        return None, []
    element = indexed(body, node, var, flat[: var.type.ndim])
    if element.type is UNKNOWN:
        return None, []
    return _strip_elements(body, node, element, groups)


def _makes_view(body: Body, groups: list[list[Index]], t: TileType) -> bool:
    """Whether the first pair of brackets behind a tile makes a tile that the next one indexes."""
    views = [any(isinstance(i, ast.Slice) or _is_tile(body, i) for i in group) for group in groups]
    return views[0] or (len(groups[0]) < len(t.shape) and any(views[1:]))


def _is_tile(body: Body, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return False
    known = len(body.faults), len(body.doubts)
    found = body.expression(node)
    del body.faults[known[0] :], body.doubts[known[1] :]
    return isinstance(found, Var) and isinstance(found.type, TileType)


def _read_index(body: Body, index: Index) -> Var:
    """The type of one index; SLICE for a slice whose bounds are integers."""
    if not isinstance(index, ast.Slice):
        if isinstance(index, ast.Starred):
            return body.report(index, "unsupported-construct", "a starred index is not supported in kernels")
        return body.value(index)
    for bound in (index.lower, index.upper, index.step):
        if bound is not None:
            found = body.value(bound)
            if found.type not in (UNKNOWN, wp.int32):
                body.report(bound, "bad-slice", f"a slice's bound is an int32, not {show(found.type)}")
            elif bound is index.step and found.constant == 0:
                body.report(bound, "bad-slice", "a slice's step is not zero")
    return Var(SLICE)


def indexed(body: Body, node: Any, var: Var, indices: list[Index]) -> Var:
    """What indexing yields."""
    t = var.type
    if is_array(t):
        return _of_array(body, node, t, [_read_index(body, i) for i in indices])
    if isinstance(t, TileType):
        return of_tile(body, node, var, indices)
    if isinstance(t, TupleType):
        return _of_tuple(body, node, t, indices)
    if t is SHAPE:
        for index in indices:
            _read_index(body, index)
        return Var(wp.int32)
    kind = family(t)
    if kind in ("vec", "quat", "transform", "mat"):
        return _of_value(body, node, t, indices)
    if kind or t is SLICE:
        return body.report(node, "bad-index-arity", f"a value of type {show(t)} has no elements")
    return ANYTHING if not hasattr(t, "fields") else body.report(node, "bad-index-arity", f"{show(t)} has no elements")


def _of_array(body: Body, node: Any, t: Any, indices: list[Var]) -> Var:
    for index in indices:
        if index.type is not SLICE and index.type is not UNKNOWN and family(index.type) != "int":
            return body.report(node, "index-not-int", f"an index of type {show(index.type)}")
    if any(index.type is UNKNOWN for index in indices):
        # It may be a slice or a tile.
        if len(indices) == t.ndim and t.dtype is not UNKNOWN:
            return Var(t.dtype, reference=True)
        return ANYTHING
    integers = sum(index.type is not SLICE for index in indices)
    if integers == t.ndim:
        return Var(t.dtype, reference=True)
    if isinstance(t, OtherArray):
        return Var(OtherArray(t.dtype, t.ndim - integers, t.kind))
    return Var(Array(t.dtype, t.ndim - integers))


def _of_tuple(body: Body, node: Any, t: TupleType, indices: list[Index]) -> Var:
    found = [_read_index(body, i) for i in indices]
    position = found[0].constant
    if len(found) != 1 or found[0].type is SLICE or position is None:
        return body.report(node, "bad-index-arity", "a tuple takes one constant index")
    if not isinstance(position, int):
        return ANYTHING
    if position >= len(t.types):
        return body.report(node, "bad-index-arity", f"a tuple of {len(t.types)} has no element {position}")
    return Var(t.types[position])


def _of_value(body: Body, node: Any, t: Any, indices: list[Index]) -> Var:
    extents = shape_of(t)
    if len(indices) > len(extents):
        return body.report(node, "bad-index-arity", f"{len(indices)} indices for a value of type {show(t)}")
    shape: list[int | None] = []
    for index, extent in zip(indices, extents, strict=False):
        found = _read_index(body, index)
        # Of whatever type an index is, Warp converts it: a float index takes a component.
        if found.type is SLICE:
            shape.append(_slice_length(body, index, extent))
    shape.extend(extents[len(indices) :])
    if None in shape or 0 in shape:
        return ANYTHING
    dtype = dtype_of(t)
    if not shape:
        return Var(dtype)
    return Var(vector(shape[0], dtype) if len(shape) == 1 else matrix(shape[0], shape[1], dtype))


def _slice_length(body: Body, index: ast.Slice, extent: int) -> int | None:
    """How many components a slice takes; None if that cannot be known."""
    bounds: list[int | None] = []
    for bound in (index.lower, index.upper, index.step):
        if bound is None:
            bounds.append(None)
            continue
        constant = body.value(bound).constant
        if constant is None:
            body.report(bound, "bad-slice", "a slice of a vector or matrix has constant bounds")
        if not isinstance(constant, int):
            return None
        bounds.append(constant)
    if bounds[2] == 0:
        return None
    return len(range(*slice(*bounds).indices(extent)))


def _tile_slice(body: Body, node: ast.Slice) -> Any:
    """A slice of a tile, whose bounds are constant."""
    bounds: list[int | None] = []
    for bound in (node.lower, node.upper, node.step):
        found = None if bound is None else body.value(bound)
        if found is None:
            bounds.append(None)
        elif isinstance(found.constant, int):
            bounds.append(found.constant)
        elif found.constant is None and found.type is not UNKNOWN:
            return body.report(node, "bad-slice", "a slice of a tile has constant bounds")
        else:
            return Var(UNKNOWN, reason="the bounds of a slice")
    return registry.slice_operand(*bounds)


def of_tile(body: Body, node: Any, var: Var, indices: list[Index]) -> Var:
    """An element, a row or a slice of a tile."""
    found = [_tile_slice(body, i) if isinstance(i, ast.Slice) else body.value(i) for i in indices]
    if any(isinstance(f, Var) and f.type is UNKNOWN for f in found):
        return ANYTHING
    if any(isinstance(f, Var) and isinstance(f.type, TileType) for f in found):
        made = overloads.applied("tile_slice_indexed", [var, overloads.several(found)], {})
        return body.report(node, "bad-slice", made.reason) if isinstance(made, overloads.No) else Var(made)
    for axis, (one, extent) in enumerate(zip(found, var.type.shape, strict=False)):
        if isinstance(one, Var) and isinstance(one.constant, int):
            if not -extent <= one.constant < extent:
                return body.report(node, "bad-index-arity", f"{one.constant} is out of bounds for {extent} elements")
            found[axis] = Var(one.type, one.constant % extent)
    if not all(isinstance(f, Var) for f in found):
        made = overloads.applied("tile_view", [var, overloads.several(found)], {})
        return body.report(node, "bad-slice", made.reason) if isinstance(made, overloads.No) else Var(made)
    whole = len(found) >= len(var.type.shape)
    operands: list[Any] = (
        [var, *found] if whole else [var, Var(TupleType(tuple(f.type for f in found)), elements=tuple(found))]
    )
    made = overloads.applied("tile_extract" if whole else "tile_view", operands, {})
    if isinstance(made, overloads.No):
        return body.report(node, "bad-index-arity", made.reason)
    return Var(made)


EXPRESSIONS[ast.Subscript] = subscript
