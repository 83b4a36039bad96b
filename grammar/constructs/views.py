"""Rows and slices of arrays, bound to names: ``row = a[i]``, ``part = a[1:3]``, ``back = a[::-1]``.

A view is an array of its own that shares the elements of the whole one: what a thread stores through a view of its own
cells is in the array.
"""

from __future__ import annotations

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.functions import KernelFunction, in_kernel
from warpsmith.grammar.production import Interval
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

_STEMS = ("row", "part", "view")
_LEAST = 2  # elements of a view along each dimension: functions count on them


def _sources(body: Body, least: int) -> list[Variable]:
    """The arrays of that many dimensions or more that may be read anywhere."""
    return [
        v
        for v in body.scope.visible()
        if isinstance(v.type, Array) and v.role == "input" and v.type.ndim >= least and v.extents
    ]


def _element(body: Body) -> Value:
    return body.chooser.choose([t for t in body.palette.types if types.kind(t) != "struct"])


def _read(body: Body, budget: int) -> list[Stmt]:
    """A view of an input, and a value that is read through it."""
    assert isinstance(body.function, KernelFunction)
    sliced = body.chooser.chance(45)
    known = _sources(body, 1 if sliced else 2)
    if known and body.chooser.chance(60):
        array = body.chooser.choose(known)
    else:
        array = body.function.new_input(body, _element(body), dimensions=body.chooser.choose((2, 3), (80, 20)))
    indices, extents = _slices(body, array) if sliced else _row(body, array)
    view = _declare(body, array, extents)
    body.used.add("slice" if sliced else "view")
    t: Value = array.type.dtype  # type: ignore[union-attr]
    value = body.function.element(body, view)
    return [spell.assign(view.node, spell.subscript(array.node, *indices)), assign.bind(body, t, value)]


def _row(body: Body, array: Variable) -> tuple[list[Expr | cst.Slice], tuple[int, ...]]:
    """Indices for some of the leading dimensions, and the extents that are left."""
    assert isinstance(body.function, KernelFunction)
    count = body.chooser.integer(1, len(array.extents) - 1)
    indices = body.function.indices(body, array)[:count]
    return [*indices], array.extents[count:]


def _slices(body: Body, array: Variable) -> tuple[list[Expr | cst.Slice], tuple[int, ...]]:
    """A number or a slice for each dimension, at least one slice, and the extents that are left."""
    assert isinstance(body.function, KernelFunction)
    indices: list[Expr | cst.Slice] = list(body.function.indices(body, array))
    kept = body.chooser.integer(0, len(indices) - 1)
    extents = []
    for axis, n in enumerate(array.extents):
        if axis == kept or body.chooser.chance(40):
            indices[axis], left = _slice(body, n)
            extents.append(left)
    return indices, tuple(extents)


def _slice(body: Body, extent: int) -> tuple[cst.Slice, int]:
    """A slice of two elements or more, and how many it takes."""
    chooser = body.chooser
    forms = ("range", "from", "to", "reversed") + (("step", "dynamic") if extent > 2 else ())
    form = chooser.choose(forms, (30, 15, 15, 15, 10, 15)[: len(forms)])
    start = chooser.integer(0, extent - _LEAST)
    stop = chooser.integer(start + _LEAST, extent)
    if form == "from":
        first = start - extent if chooser.chance(30) else start  # counted from the end
        return spell.slice_(spell.integer(first), None), extent - start
    if form == "to":
        last = stop - extent if stop < extent and chooser.chance(30) else stop
        return spell.slice_(None, spell.integer(last)), stop
    if form == "reversed":
        return spell.slice_(None, None, spell.integer(-1)), extent
    if form == "step":
        return spell.slice_(None, None, spell.integer(2)), (extent + 1) // 2
    if form == "dynamic":
        name = _offset(body, extent)
        return spell.slice_(name, spell.binary("+", name, spell.integer(_LEAST))), _LEAST
    return spell.slice_(spell.integer(start), spell.integer(stop)), stop - start


def _offset(body: Body, extent: int) -> Expr:
    """Where a slice of two elements may begin."""
    bounded = [v for v in body.scope.of(wp.int32) if v.bound is not None and v.bound <= extent - _LEAST + 1]
    if bounded:
        return body.read(body.chooser.choose(bounded))
    e = body.within(wp.int32, Interval(0, extent - _LEAST), 1)
    return e if isinstance(e, (cst.Name, cst.Integer)) else spell.integer(0)


def _declare(body: Body, array: Variable, extents: tuple[int, ...]) -> Variable:
    assert isinstance(array.type, Array)
    t = Array(array.type.dtype, len(extents))
    view = Variable(body.new_name(_STEMS), t, mutable=False, unread=False, extents=extents, role=array.role)
    return body.scope.add(view)


def _rows(body: Body, budget: int) -> bool:
    return isinstance(body.function, KernelFunction) and len(body.function.dim) > 1


def _write(body: Body, budget: int) -> list[Stmt]:
    """A row of an output, and a store through it into the thread's own cell."""
    assert isinstance(body.function, KernelFunction)
    function = body.function
    t = _element(body)
    out = function.output(body, t)
    value = body.expr(t, assign.fuel(body))
    if out.stored and not unread.addable(t):
        out = function.new_output(body, t)
    count = body.chooser.integer(1, len(function.dim) - 1)
    own = [body.read(v) for v in function.threads]
    name = spell.name(body.new_name(_STEMS))
    body.used.add("view")
    cell = spell.subscript(name, *own[count:])
    row = spell.assign(name, spell.subscript(out.node, *own[:count]))
    again = out.stored or (unread.addable(t) and body.chooser.chance(40))
    out.stored = True
    return [row, spell.augment(cell, body.chooser.choose(("+", "-")), value) if again else spell.assign(cell, value)]


READ_VIEW = Construct("view", _read, weight=5, fits=in_kernel, covers=("view", "slice"))
WRITE_VIEW = Construct("view of an output", _write, weight=3, fits=_rows)
