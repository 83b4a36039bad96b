"""Tiles: each element is a box of its own, so errors and derivatives of a tile follow from those of its elements.

The meanings of tile builtins compute with operators and ufuncs; here they compute with :class:`Element`, which looks
the scalar operation up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import Operation
from warpsmith.grammar.operations.rounding import TINY
from warpsmith.grammar.operations.tile import TILES
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Tile, Value
from warpsmith.synthesizer.reference.values.boxes import INF, ROUNDING, Box, exact, note, ulp, unsure
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, Find, missing
from warpsmith.synthesizer.reference.values.locals import zero
from warpsmith.synthesizer.reference.values.views import within

_UFUNCS = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.divide: "div",
    np.negative: "neg",
    np.sqrt: "sqrt",
    np.minimum: "min",
    np.maximum: "max",
}
"""What the meanings of tile builtins compute with, by the scalar builtins that it stands for."""


class Element(np.lib.mixins.NDArrayOperatorsMixin):
    """One element, while a meaning computes with it.

    Attributes:
        find: finds scalar operations.
        box: its value.
        terms: how many values were added up, where the order is open; else 1.
        size: the sum of their sizes.
    """

    __slots__ = ("box", "find", "size", "terms")

    def __init__(self, find: Find, box: Box, terms: int = 1, size: Any = None) -> None:
        self.find, self.box, self.terms, self.size = find, box, terms, size

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """Applies a scalar operation, element by element where an operand is an array."""
        name = _UFUNCS.get(ufunc)
        if method != "__call__" or options or (name is None and not ufunc.__name__.endswith("(vectorized)")):
            return NotImplemented
        if name is not None and all(isinstance(o, Element) for o in operands):
            return self._apply(name, *operands)
        run = ufunc if name is None else np.frompyfunc(partial(self._apply, name), len(operands), 1)
        return run(*[np.array(o, object) for o in operands])

    def __int__(self) -> int:
        """The value, where it is an index: nothing is known of what depends on one that is not exact."""
        return int(self.box.value)

    def __bool__(self) -> bool:
        return bool(self.box.value)

    def _apply(self, name: str, *operands: Element) -> Element:
        found = self.find(name, tuple([o.box.type for o in operands]))(*[o.box for o in operands])
        return Element(self.find, found)


class Term(Element):
    """An element of which several may be added up in any order."""

    __slots__ = ()

    def _apply(self, name: str, *operands: Element) -> Element:
        if name != "add":
            boxes = [settled(o) for o in operands]
            return Term(self.find, self.find(name, tuple([b.type for b in boxes]))(*boxes))
        found = self.find(name, tuple([o.box.type for o in operands]))(*[o.box for o in operands])
        sizes = [_size(o) for o in operands]
        return Term(self.find, found, sum(o.terms for o in operands), sizes[0] + sizes[1])


def _size(element: Element) -> Any:
    if element.size is not None:
        return element.size
    value = abs(np.asarray(element.box.value, np.float64))
    return np.where(np.isnan(value), 0.0, value)  # one that is not a number makes the sum so in any order


def settled(element: Element) -> Box:
    """The element's value; of a sum, whatever the order in which its terms were added."""
    box, part = element.box, types.scalar(element.box.type)
    if element.terms < 2 or part not in types.FLOATS:
        return box
    limit = float(np.finfo(DTYPES[part]).max)
    order = element.terms * ulp(part, np.asarray(element.size))
    # One order may overflow, and another not; and a product that does is no number yet where it is added at once.
    order = np.where(element.size < limit / 2, order, INF)
    if np.isinf(order).any():
        note("a sum that may overflow")
    error = box.error + order
    box.error = error if np.ndim(error) else float(error)
    return box


def _ended(element: Element) -> Box:
    """The value of an element of a result: of a sum of one term, zero may have either sign."""
    box, tiny = settled(element), TINY[types.scalar(element.box.type)]
    if not isinstance(element, Term) or element.terms > 1 or not tiny or np.all(box.value):
        return box
    return _another(element.find, box, box.error + tiny * (box.value == 0))


def elements(tile: Box) -> Any:
    """The boxes of a tile, in an array of its shape."""
    found = np.empty(len(tile.value), object)
    found[:] = list(tile.value.values())
    return found.reshape(tile.type.shape)


def tile(boxes: Any, dtype: Value | None = None) -> Box:
    """The tile of an array of boxes, which say of what type elements are if it is not given.

    Raises:
        UndefinedError: there are none.
    """
    if boxes.size == 0:
        raise UndefinedError("a tile without elements")
    return Box(Tile(dtype or boxes.flat[0].type, boxes.shape), dict(enumerate(boxes.ravel().tolist())))


def is_tile(value: Any) -> bool:
    """Whether a value is a tile."""
    return isinstance(value, Box) and isinstance(value.type, Tile)


# -- builtins ----------------------------------------------------------------------------------------------------------


def apply(find: Find, name: str, arguments: dict[str, Any]) -> Any:
    """A tile builtin that touches no array.

    Args:
        find: finds scalar operations.
        name: the builtin's.
        arguments: boxes, tuples of boxes, and constants, by parameter.
    """
    operation = TILES[name]
    if name == "tile_astype":
        return _converted(find, arguments["t"], types.by_name(arguments["dtype"]))
    if operation.orders:
        return _ordered(find, operation, **arguments)
    dtype = _dtype(name, arguments)
    if name == "tile_empty":
        return unsure(apply(find, "tile_zeros", arguments))
    if name == "tile_zeros" and types.is_composite(dtype):
        return _zeros(arguments["shape"], dtype)
    if operation.apart:
        _hold_apart(operation, [a for a in arguments.values() if is_tile(a)])
    kind = Term if operation.reorders else Element
    given = {p: _wrapped(find, kind, p, value) for p, value in arguments.items()}
    assert operation.meaning is not None
    return _unwrapped(operation.meaning(**given), dtype)


def _zeros(shape: int | tuple[int, ...], t: Value) -> Box:
    """A tile of vectors, matrices and the like, all zero."""
    return tile(np.frompyfunc(lambda _: zero(t), 1, 1)(np.empty(shape)), t)


def _hold_apart(operation: Operation, operands: Sequence[Box]) -> None:
    """Has a tile that is changed in place be none of the other operands; a view of one is not seen.

    Raises:
        UndefinedError: it is one.
    """
    for i in operation.changes:
        if i < len(operands) and any(o.value is operands[i].value for o in (*operands[:i], *operands[i + 1 :])):
            raise UndefinedError(f"{operation.name} into a tile that it reads")


def _dtype(name: str, arguments: dict[str, Any]) -> Value:
    """The type of elements that are given as plain numbers."""
    if "dtype" in arguments:
        return types.by_name(arguments["dtype"])
    first = next((a.type for a in arguments.values() if isinstance(a, Box)), wp.float32)
    return first.dtype if isinstance(first, Tile) else first


def _wrapped(find: Find, kind: type[Element], parameter: str, value: Any) -> Any:
    if parameter == "dtype":
        t = types.by_name(value)
        if t not in DTYPES:
            raise NotImplementedError(f"no meaning for tiles of {value}")
        return DTYPES[t]
    if parameter == "op":
        return partial(_mapped, find, kind, value)
    if isinstance(value, tuple) and any(isinstance(v, Box) for v in value):
        if parameter == "args" and not any(map(is_tile, value)):
            return tuple(v.value for v in value)  # of tile_arange: constants
        return tuple(_wrapped(find, kind, "", v) for v in value)
    if is_tile(value):
        return np.frompyfunc(partial(kind, find), 1, 1)(elements(value))
    return kind(find, value) if isinstance(value, Box) else value


def _mapped(find: Find, kind: type[Element], op: Any, *operands: Element) -> Element:
    """A user function or a builtin on elements."""
    if op == "add":
        return operands[0]._apply("add", *operands)
    boxes = [settled(o) for o in operands]
    run = find(op, tuple([b.type for b in boxes])) if isinstance(op, str) else op
    found = run(*boxes)
    if not isinstance(found, Box):
        raise UndefinedError("a function that ends without a value, mapped over a tile")
    return kind(find, found)


def _unwrapped(found: Any, dtype: Value) -> Any:
    if isinstance(found, Element):
        return _ended(found)
    run = np.frompyfunc(lambda v: _ended(v) if isinstance(v, Element) else Box(dtype, DTYPES[dtype](v)), 1, 1)
    return tile(run(found))


def _converted(find: Find, t: Box, dtype: Value) -> Box:
    if dtype is t.type.dtype:
        return t
    run = find(types.name(dtype), (t.type.dtype,))
    return tile(np.frompyfunc(run, 1, 1)(elements(t)), dtype)


def _ordered(find: Find, operation: Operation, **arguments: Box) -> Any:
    """Which element is the least, or their order: known where no two may be equal."""
    keys, *others = [elements(a) for a in arguments.values()]
    values = np.array([b.value for b in keys.ravel()])
    errors = np.array([b.error for b in keys.ravel()], float)
    order = np.argsort(values, kind="stable")
    gaps = np.diff(values[order].astype(np.float64)) - errors[order][1:] - errors[order][:-1]
    clear = bool(np.isfinite(values.astype(np.float64)).all() and (gaps > 0).all())
    if not clear:
        note(ROUNDING if errors.any() else "the order of equal elements")
    assert operation.meaning is not None
    if not operation.changes:
        (found,) = operation.meaning(values.reshape(keys.shape))
        box = Box(wp.int32, found)
        return tile(np.array([box if clear else unsure(box)], object), wp.int32)
    made = []
    for a, boxes in zip(arguments.values(), (keys, *others), strict=True):
        placed = boxes.ravel()[order]
        if not clear:
            placed = np.frompyfunc(partial(_another, find), 1, 1)(placed)
        made.append(tile(placed.reshape(boxes.shape), a.type.dtype))
    return tuple(made)


def _another(find: Find, box: Box, error: Any = INF) -> Box:
    """The value with another bound; what flows back may reach what it comes from."""
    copy: Box = find("pos", (box.type,))(box)
    found = Box(copy.type, copy.value) if copy is box else copy
    found.error = error
    return found


# -- operators and subscripts ------------------------------------------------------------------------------------------


def operator(name: str, operands: tuple[Any, ...], option: Any, find: Find) -> BoxFunction:
    """What is no tile builtin, on operands some of which are tiles.

    Raises:
        NotImplementedError: there is no meaning for it.
    """
    if name in ("index", "element"):
        return _index
    if name == "store":
        return _store
    if name == "augment":
        return partial(_augment, find, option)
    if name not in _UFUNCS.values() and not name.startswith("bit_"):
        raise missing(name, operands)

    def run(*boxes: Box) -> Box:
        parts: list[Any] = [elements(b) if is_tile(b) else b for b in boxes]
        types_ = tuple([b.type.dtype if is_tile(b) else b.type for b in boxes])
        scalar = find(name, types_)
        found = np.frompyfunc(scalar, len(parts), 1)(*parts)
        return tile(found)

    return run


def _at(t: Tile, indices: tuple[Box, ...]) -> tuple[Any, ...]:
    """Indices of a tile: numbers, slices, or the numbers in another tile.

    Raises:
        UndefinedError: one is out of range, or depends on rounding.
    """
    return tuple([_place(i, n) for i, n in zip(indices, t.shape, strict=False)])


def _place(index: Box, extent: int) -> Any:
    if is_tile(index):
        return np.array([_place(i, extent) for i in index.value.values()])
    if not exact(index):
        raise UndefinedError("an index of a tile that depends on rounding")
    return within(index.value, extent, "elements of a tile")


def _index(value: Box, *indices: Box) -> Box:
    found = elements(value)[_at(value.type, indices)]
    return found if isinstance(found, Box) else tile(found, value.type.dtype)


def _store(value: Box, target: Box, *indices: Box) -> Box:
    changed = elements(target)
    changed[_at(target.type, indices)] = value
    return tile(changed, target.type.dtype)


def _augment(find: Find, option: str, target: Box, *rest: Box) -> Box:
    *indices, value = rest
    before = _index(target, *indices)
    return _store(find(option, (before.type, value.type))(before, value), target, *indices)


# -- arrays ------------------------------------------------------------------------------------------------------------


def places(shape: tuple[int, ...], offset: tuple[Box, ...], rows: Box | None, axis: int) -> Any:
    """For each element of a tile, the indices of its element of the array.

    Args:
        shape: the tile's.
        offset: where it begins.
        rows: along the axis, which elements it takes; ``None`` for those that follow.
        axis: of ``rows``.
    """
    for at in np.ndindex(*shape):
        numbers = [int(o.value) + i for o, i in zip(offset, at, strict=True)]
        if rows is not None:
            numbers[axis] = int(rows.value[at[axis]].value) + int(offset[axis].value)
        yield tuple([Box(wp.int32, np.int32(i)) for i in numbers])


def of_array(array: Any, arguments: dict[str, Any]) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of a tile that is moved from or to an array, and where its elements are there."""
    moved = arguments.get("t")
    shape = moved.type.shape if moved is not None else arguments["shape"]
    shape = (shape,) if isinstance(shape, int) else shape
    offset = arguments.get("offset")
    if offset is None:
        offset = (Box(wp.int32, np.int32(0)),) * len(shape)
    offset = offset if isinstance(offset, tuple) else (offset,)
    return shape, list(places(shape, offset, arguments.get("indices"), arguments.get("axis", 0)))


def moved(find: Find, atomic: Callable[..., Any], name: str, a: Any, arguments: dict[str, Any]) -> Any:
    """A builtin that moves a tile from or to an array.

    Args:
        find: finds the access of an element.
        atomic: an atomic on an element.
        name: the builtin's.
        a: the array.
        arguments: the others, by parameter.
    """
    shape, where = of_array(a, arguments)
    ints = (wp.int32,) * len(shape)
    if "load" in name:
        load = find("index", (a.type, *ints))
        found = np.empty(len(where), object)
        # With bounds checks, which are the default, what lies beyond the end of the array is zero.
        checked = arguments.get("bounds_check", True)
        anywhere = not (checked.value if isinstance(checked, Box) else checked)
        found[:] = [load(a, *at) if anywhere or _inside(a, at) else zero(a.type.dtype) for at in where]
        return tile(found.reshape(shape), a.type.dtype)
    boxes = elements(arguments["t"]).ravel()
    if "atomic" in name:
        for at, box in zip(where, boxes, strict=True):
            atomic("atomic_add", False, a, at, (box,))
        return None
    store = find("store", (a.type.dtype, a.type, *ints))
    for at, box in zip(where, boxes, strict=True):
        store(box, a, *at)
    return None


def _inside(array: Any, at: tuple[Box, ...]) -> bool:
    """Whether the indices are not beyond the end of any axis."""
    return all(int(i.value) < extent for i, extent in zip(at, array.shape, strict=True))
