"""Loads, stores and atomics on arrays: in kernels, and in functions that are told which thread runs them."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign, components
from warpsmith.grammar.exceptions import NO_ATOMIC_ORDER
from warpsmith.grammar.functions import KernelFunction, in_kernel, launchable
from warpsmith.grammar.operations import OPERATIONS, record
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import FLOATS, INTEGERS, Value


def _load(body: Body, budget: int) -> list[Stmt]:
    assert isinstance(body.function, KernelFunction)
    t = assign.wanted_type(body)
    value = body.function.input(body, t) or body.leaf(t)
    return [assign.bind(body, t, value)]


def _store(body: Body, budget: int) -> list[Stmt]:
    """Writes the thread's own cell, or changes what it holds."""
    assert isinstance(body.function, KernelFunction)
    t = body.chooser.choose([t for t in body.palette.types if types.kind(t) != "struct"])
    out = body.function.output(body, t)
    value = body.expr(t, assign.fuel(body))
    cell = body.function.cell(body, out)
    if unread.addable(t) and (out.stored or body.chooser.chance(40)):
        operator = body.chooser.choose(("+", "-", "*")) if types.is_scalar(t) else body.chooser.choose(("+", "-"))
        out.stored = True
        return [spell.augment(cell, operator, value)]
    if out.stored:  # written before: a second plain store would overwrite the first
        out = body.function.new_output(body, t)
        cell = body.function.cell(body, out)
    out.stored = True
    return [spell.assign(cell, value)]


_ATOMICS = [o for o in OPERATIONS.values() if o.combines]
_ADDING = tuple(o.name for o in _ATOMICS if record(o.combines).adds)
_ORDERING = tuple(o.name for o in _ATOMICS if o.rereads)
_SWAPPING = tuple(o.name for o in _ATOMICS if o.exchanges)
_BITS = tuple(o.name for o in _ATOMICS if o.name not in (*_ADDING, *_ORDERING, *_SWAPPING))


def atomics(t: Value) -> tuple[str, ...]:
    """The atomics that Warp has for elements of that type (on 1.19: none for bool and 8 and 16-bit integers)."""
    part = types.scalar(t)
    scalar = types.is_scalar(t)
    if types.kind(t) in NO_ATOMIC_ORDER:
        return _ADDING if part in (wp.float32, wp.float64) else ()
    if part in FLOATS and types.BITS[part] == 16:
        return _ADDING
    if part in FLOATS:
        return _ADDING + _ORDERING + (_SWAPPING if scalar else ())
    if part in INTEGERS and types.BITS[part] >= 32:
        return _ADDING + _ORDERING + _BITS + (_SWAPPING if scalar else ())
    return ()


def _atomic_types(body: Body) -> list[Value]:
    return [t for t in body.palette.types if atomics(t)]


def _atomic(body: Body, budget: int) -> list[Stmt]:
    """An atomic on a shared accumulator, or on the thread's own cell, where the old value may be used."""
    assert isinstance(body.function, KernelFunction)
    t = body.chooser.choose(_atomic_types(body))
    name = body.chooser.choose(atomics(t))
    own = name in _SWAPPING or body.chooser.chance(40)
    target = body.function.output(body, t) if own else body.function.accumulator(body, t)
    body.used.add(name)
    target.stored = True
    operands = [body.expr(t, 2)]
    if record(name).values == 2:
        operands.append(body.expr(t, 1))
    indices = [body.read(v) for v in body.function.threads] if own else body.function.indices(body, target)
    value = spell.call(f"wp.{name}", target.node, *indices, *operands)
    if own and body.chooser.chance(60):
        return [assign.bind(body, t, value)]
    return [spell.expression(value)]


def _struct_types(body: Body) -> list[Value]:
    return [t for t in body.palette.types if types.kind(t) == "struct" and launchable(t)]


def _store_field(body: Body, budget: int) -> list[Stmt]:
    """Writes a field of the thread's own cell of an array of structs."""
    assert isinstance(body.function, KernelFunction)
    t = body.chooser.choose(_struct_types(body))
    out = body.function.output(body, t)
    out.stored = True
    target, part = components.field(body, body.function.cell(body, out), t)
    value = body.expr(part, assign.fuel(body))
    # Warp updates a part of an element by atomics, and has none for the other types.
    updates = types.kind(part) in ("float", "int", "vec") and types.scalar(part) in (*FLOATS, *_WIDE)
    if updates and body.chooser.chance(35):
        return [spell.augment(target, body.chooser.choose(("+", "-")), value)]
    return [spell.assign(target, value)]


_WIDE = tuple(t for t in INTEGERS if types.BITS[t] >= 32)

LOAD = Construct("load", _load, weight=9, fits=in_kernel, covers=("address", "load"))
STORE = Construct("store", _store, weight=5, fits=in_kernel, covers=("array_store", "store"))
STORE_ELEMENT_FIELD = Construct(
    "store field of an element",
    _store_field,
    weight=6,
    fits=lambda body, budget: in_kernel(body, budget) and bool(_struct_types(body)),
)
ATOMIC = Construct(
    "atomic",
    _atomic,
    weight=5,
    fits=lambda body, budget: in_kernel(body, budget) and bool(_atomic_types(body)),
    covers=(*_ADDING, *_ORDERING, *_BITS, *_SWAPPING),
)
