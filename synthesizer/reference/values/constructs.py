"""What is no builtin, or is spelled so that it says more than its operands: parts of values, constructors, choice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations import OPERATIONS, record
from warpsmith.grammar.operations.rounding import CORRECT
from warpsmith.grammar.types import Array, Local, Type, Value
from warpsmith.grammar.written import COMPARE, CONSTRUCTORS
from warpsmith.synthesizer.reference.values import locals, views
from warpsmith.synthesizer.reference.values.boxes import INF, Box, exact, note, unsure
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, Find, missing, on_boxes, unwrapped
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.views import element_or_view


def _compare(operands: tuple[Type, ...], option: str) -> BoxFunction:
    f = COMPARE[option]

    def scalars(x: Box, y: Box) -> Box:
        outcome = f(x.value, y.value)
        error = x.error + y.error
        if error and (error == INF or abs(float(x.value) - float(y.value)) <= error):
            note("a comparison depends on rounding")
            return Box(wp.bool, outcome, INF)
        return Box(wp.bool, outcome)

    def composites(x: Box, y: Box) -> Box:
        outcome = np.bool_(np.all(f(x.value, y.value)))
        if exact(x) and exact(y):
            return Box(wp.bool, outcome)
        apart = abs(x.value.astype(np.float64) - y.value.astype(np.float64)) > x.error + y.error
        if np.any(apart):
            return Box(wp.bool, outcome)
        note("a comparison depends on rounding")
        return Box(wp.bool, outcome, INF)

    return composites if types.shape(operands[0]) else scalars


def _where(operands: tuple[Type, ...], option: None) -> BoxFunction:
    def run(condition: Box, x: Box, y: Box) -> Box:
        chosen = x if condition.value else y
        if exact(condition):
            return chosen
        if type(x.value) is not dict and exact(x) and exact(y) and np.array_equal(x.value, y.value):
            return chosen
        return unsure(chosen)

    return run


def _index(operands: tuple[Type, ...], option: None) -> BoxFunction:
    t = operands[0]
    if isinstance(t, Array):
        return element_or_view(t, operands[1:])
    if isinstance(t, Local):
        return locals.load
    extent, part = types.shape(t), types.scalar(t)
    if views.Slice in operands:
        return _slice(t)
    whole = len(operands) - 1 == len(extent)
    result = part if whole else types.of_structure("vec", extent[1:], part)
    if result is None:
        raise missing("index", operands)

    def run(value: Box, *indices: Box) -> Box:
        at = position(extent, indices)
        error = value.error if type(value.error) is float else value.error[at]
        found = Box(result, value.value[at], error if not whole else float(error))
        return views.among(found, indices)

    return run


def _slice(t: Value) -> BoxFunction:
    """Some components of a vector or a matrix: a vector where one dimension is left, else a matrix."""
    extent, part = types.shape(t), types.scalar(t)

    def run(value: Box, *indices: Box) -> Box:
        at = position(extent, indices)
        found = value.value[at]
        result = types.of_structure("vec" if found.ndim == 1 else "mat", found.shape, part)
        if result is None:
            raise missing("slice", (t,))
        box = Box(result, found, value.error if type(value.error) is float else value.error[at])
        return views.among(box, indices)

    return run


def position(extent: tuple[int, ...], indices: tuple[Box, ...]) -> tuple[int | slice, ...]:
    """Component indices as integers and slices; negative ones count from the end, as Warp has it.

    Raises:
        UndefinedError: one is out of range.
    """
    return tuple([views.within(i.value, n, "components") for i, n in zip(indices, extent, strict=False)])


_AXES = "xyzw"
_PARTS = {"p": ("vec", slice(0, 3)), "q": ("quat", slice(3, 7))}


def part(t: Value, option: str) -> Any:
    """Where the part of that name is in a composite value: an index, or a slice of a transform.

    Raises:
        NotImplementedError: there is no such part.
    """
    if types.kind(t) == "transform" and option in _PARTS:
        return _PARTS[option][1]
    if len(option) != 1 or not types.is_composite(t) or option not in _AXES[: types.shape(t)[0]]:
        raise missing(f".{option}", (t,))
    return _AXES.index(option)


def _attribute(operands: tuple[Type, ...], option: str) -> BoxFunction:
    t = operands[0]
    assert isinstance(t, type)
    if types.kind(t) == "struct":
        return lambda box: box.value[option]
    at, result = part(t, option), types.scalar(t)
    if isinstance(at, slice):
        result = types.the(_PARTS[option][0], (at.stop - at.start,), result)
        return lambda box: Box(result, box.value[at], box.error if type(box.error) is float else box.error[at])
    return lambda box: Box(result, box.value[at], box.error if type(box.error) is float else float(box.error[at]))


def _store(operands: tuple[Type, ...], option: None) -> BoxFunction:
    """A component of a value set: the value, what is to change, the indices; the changed whole comes back."""
    t = operands[1]
    if isinstance(operands[0], Array):
        return lambda view, array, *indices: array  # what was stored into the view is in the array
    if isinstance(t, Array):
        return Memory.store
    if isinstance(t, Local):
        return locals.store
    extent = types.shape(t)

    def run(value: Box, target: Box, *indices: Box) -> Box:
        changed = target.value.copy()
        at = position(extent, indices)
        changed[at] = value.value
        error = _stored(target, extent, at, value.error)
        box = Box(t, changed, error)
        return views.among(box, indices)

    return run


_ATOMIC = {o.combines: o.name for o in OPERATIONS.values() if o.combines}


def atomic(option: str, t: Array) -> bool:
    """Whether ``element op= value`` is an atomic: ``+ - & | ^`` are, but of 8 and 16-bit integers."""
    part = types.scalar(t.dtype)
    return option in _ATOMIC and not (types.kind(part) == "int" and types.BITS[part] < 32)


def augment(operands: tuple[Type, ...], option: str, find: Find) -> BoxFunction:
    """``target[indices] op= value``: the target, the indices, the value; the changed target comes back.

    Args:
        operands: types of those, in that order.
        option: the operator's builtin, ``"add"``.
        find: finds the operations that it is made of.
    """
    t, value = operands[0], operands[-1]
    if not isinstance(t, Array):
        return _augmented(operands, option, find)
    apply = find(option, (t.dtype, value))
    if atomic(option, t):

        def at_once(array: Memory, *rest: Box) -> Memory:
            array.atomic(_ATOMIC[option], apply, rest[:-1], rest[-1:], False)
            return array

        return at_once

    def in_place(array: Memory, *rest: Box) -> Memory:
        *indices, operand = rest
        return Memory.store(apply(array.load(*indices), operand), array, *indices)

    return in_place


def _augmented(operands: tuple[Type, ...], option: str, find: Find) -> BoxFunction:
    *places, value = operands
    index = find("index", tuple(places))
    part: list[BoxFunction] = []

    def run(target: Box, *rest: Box) -> Box:
        *indices, operand = rest
        old = index(target, *indices)
        if not part:
            part.append(find(option, (old.type, value)))
            adds = record(option).adds and not isinstance(places[0], Local)
            part.append(find("add component" if adds else "store", (old.type, *places)))
        return part[1](part[0](old, operand), target, *indices)  # type: ignore[no-any-return]

    return run


def _stored(target: Box, extent: tuple[int, ...], at: Any, error: Any) -> Any:
    """The error of a value a part of which is overwritten."""
    if type(target.error) is float and type(error) is float and not target.error and not error:
        return 0.0
    whole = np.zeros(extent) + target.error
    whole[at] = error
    return whole if whole.any() else 0.0


def _store_attribute(operands: tuple[Type, ...], option: str) -> BoxFunction:
    t = operands[1]
    assert isinstance(t, type)
    if types.kind(t) == "struct":
        return lambda value, target: Box(t, {**target.value, option: value})
    at, extent = part(t, option), types.shape(t)

    def run(value: Box, target: Box) -> Box:
        changed = target.value.copy()
        changed[at] = value.value
        return Box(t, changed, _stored(target, extent, at, value.error))

    return run


def _construct(operands: tuple[Type, ...], option: Value) -> BoxFunction:
    """The constructor of a composite type."""

    def _filled(x: Box) -> Box:
        return Box(option, np.full(extent, x.value), np.full(extent, x.error) if x.error else 0.0)

    def _gathered(*parts: Box) -> Box:
        errors = [p.error for p in parts]
        value = np.array([p.value for p in parts]).reshape(extent)
        return Box(option, value, np.array(errors).reshape(extent) if any(errors) else 0.0)

    kind, extent, part = types.kind(option), types.shape(option), types.scalar(option)
    values: tuple[Value, ...] = operands  # type: ignore[assignment]
    if values and not any(map(types.shape, values)) and set(values) == {part}:
        return _filled if len(values) == 1 else _gathered
    sizes: dict[str, dict[str, Any]] = {"vec": {"length": extent[0]}, "mat": {"shape": extent}}
    f = partial(unwrapped(CONSTRUCTORS[kind], ()), **sizes.get(kind, {}), dtype=part)
    converts = any(types.scalar(t) is not part for t in values)
    return on_boxes(record(CONSTRUCTORS[kind]), f, values, (option,), CORRECT if converts else None)


def _cast(operands: tuple[Type, ...], option: Value) -> BoxFunction:
    """The bits of a scalar, as another type."""
    (source,) = operands
    assert isinstance(source, type)
    f = partial(unwrapped("cast", ()), target=option, source=source)
    run = on_boxes(record("cast"), f, (source,), (option,))

    def checked(box: Box) -> Box:
        if types.kind(source) == "float" and box.value != box.value:
            note("the bits of a NaN")
            return unsure(run(box))
        found: Box = run(box)
        return found

    return checked


def _shape(operands: tuple[Type, ...], option: None) -> BoxFunction:
    if not isinstance(operands[0], Array):
        raise missing("shape", operands)
    return views.extent


def _len(operands: tuple[Type, ...], option: None) -> BoxFunction:
    if isinstance(operands[0], Array):
        return lambda array: Box(wp.int32, np.int32(array.shape[0]))
    return lambda box: Box(wp.int32, np.int32(len(box.value)))


CONSTRUCTS: dict[str, Callable[[Any, Any], BoxFunction]] = {
    "len": _len,
    "zeros": locals.zeros,
    "shape": _shape,
    "compare": _compare,
    "where": _where,
    "index": _index,
    "element": _index,
    "attribute": _attribute,
    "store": _store,
    "store attribute": _store_attribute,
    "add component": _store,
    "construct": _construct,
    "cast": _cast,
}
"""What is no builtin, or is spelled in a way that says more than its operands: operand types and option → operation."""
