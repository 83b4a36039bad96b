"""Arrays of the launch: cells of boxes, and who touched which cell how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import OPERATIONS
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Array, Value
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.reference.values.boxes import INF, Box, everywhere, note, ulp, unsure
from warpsmith.synthesizer.reference.values.structs import boxed, recorded

READ, WRITE, ATOMIC = 0, 1, 2
_CONFLICTS = {READ: (WRITE, ATOMIC), WRITE: (READ, WRITE, ATOMIC), ATOMIC: (READ, WRITE)}
_MANY = -1

_SUMS = "sums"
_COMMUTING = {
    o.name: _SUMS if OPERATIONS[o.combines].adds else o.combines
    for o in OPERATIONS.values()
    if o.combines and not o.exchanges
}
"""Atomics whose order does not matter, by group: those of one group may hit a cell from several threads."""


class Traffic:
    """Who touched one cell.

    Attributes:
        threads: for each of reading, writing and atomics the thread that did, or that several did.
        group: the group of the atomics that hit the cell so far.
        used: whether a thread looked at what an atomic found.
    """

    __slots__ = ("group", "threads", "used")

    def __init__(self) -> None:
        self.threads: list[int | None] = [None, None, None]
        self.group: str | None = None
        self.used = False


class Launched(Protocol):
    """The launch, as an array sees it."""

    thread: int
    """Linear index of the thread that is running."""

    def unknown_writes(self, reason: str) -> None:
        """Nothing is known any more of what the running thread writes."""

    def changed(self, array: Memory, k: int, how: str) -> None:
        """An element has been changed: by a store, or by an atomic of that name."""


class Memory:
    """An array argument.

    Attributes:
        name: the kernel's parameter.
        type: its :class:`~grammar.types.Array` type.
        shape: extents.
        own: whether every thread writes at its own index alone, so that what it may have written is known.
        watched: whether some thread may write to it.
        marks: those of its elements before the launch.
        changed: the cells that were written.
    """

    __slots__ = (
        "_cells",
        "_data",
        "_launch",
        "_traffic",
        "_unsure",
        "changed",
        "marks",
        "name",
        "own",
        "shape",
        "type",
        "watched",
    )

    def __init__(
        self, launch: Launched, name: str, t: Array, data: Any, *, watched: bool, own: bool = False, marks: int = 0
    ) -> None:
        """An array before the launch.

        Args:
            launch: which thread runs.
            name: the kernel's parameter.
            t: its type.
            data: its contents; the components of elements are trailing axes.
            watched: as the attribute.
            own: as the attribute.
            marks: as the attribute.
        """
        self._launch = launch
        self.name = name
        self.type = t
        self.shape = data.shape[: t.ndim]
        self.own = own
        self.marks = marks
        self._data = data.reshape(-1, *types.shape(t.dtype))
        self._cells: list[Box | None] = [None] * len(self._data)
        self.changed: set[int] = set()
        self._unsure: set[int] = set()
        self._traffic: dict[int, Traffic] = {}
        self.watched = watched

    def enter(self, name: str, own: bool, keep: Callable[[Box], Box] | None) -> None:
        """A kernel is launched on the array: threads of the one before, if there was one, have ended.

        Args:
            name: the kernel's parameter.
            own: as the attribute.
            keep: what it makes of what the kernel before has left, where derivatives are asked for.
        """
        self.name, self.own = name, own
        self._traffic.clear()
        for k in self._unsure:
            self._cells[k] = unsure(self._get(k))
        self.changed |= self._unsure
        self._unsure.clear()
        if keep is not None:
            for k in self.changed:
                self._cells[k] = keep(self._get(k))

    # -- access --------------------------------------------------------------------------------------------------------

    def load(self, *indices: Box) -> Box:
        """The element at those indices."""
        k = self.at(indices)
        if self.watched:
            self._touch(k, READ)
        for i in indices:
            if i.error:
                return self._anywhere(self._get(k))
        return self._get(k)

    @property
    def key(self) -> int:
        """What it has in common with its views, and with nothing else."""
        return id(self._cells)

    def numbers(self) -> Any:
        """The numbers of its elements, in its shape."""
        return np.arange(len(self._cells)).reshape(self.shape)

    def _anywhere(self, box: Box) -> Box:
        note(UNKNOWN_INDEX)
        return unsure(box)

    def _get(self, k: int) -> Box:
        box = self._cells[k]
        if box is None:
            t, value, marks = self.type.dtype, self._data[k], self.marks
            box = boxed(t, value, marks) if types.kind(t) == "struct" else Box(t, value, 0.0, marks)
            self._cells[k] = box
        return box

    def _set(self, k: int, box: Box, how: str) -> None:
        self._cells[k] = box
        self.changed.add(k)
        self._launch.changed(self, k, how)

    @staticmethod
    def store(value: Box, array: Memory, *indices: Box) -> Memory:
        """A plain store; the array itself comes back, which is what its name stays bound to."""
        k = array.at(indices)
        array._certain(indices)
        array._touch(k, WRITE)
        array._set(k, value, "store")
        return array

    def atomic(
        self, name: str, combine: Callable[..., Box], indices: tuple[Box, ...], operands: tuple[Box, ...], used: bool
    ) -> Box:
        """Replaces the element by what ``combine`` makes of it and the operands; what it was comes back.

        Args:
            name: which atomic it is.
            combine: takes the element and the operands.
            indices: where.
            operands: what the atomic is given.
            used: whether the program looks at what comes back.
        """
        k = self.at(indices)
        self._certain(indices)
        self._touch_atomically(k, name, used)
        before = self._get(k)
        after = combine(before, *operands)
        if not self.own and _COMMUTING.get(name) == _SUMS and types.kind(types.scalar(after.type)) == "float":
            # Threads may come in any order: each partial sum is as large as its terms.
            after.error = after.error + _order(before, operands[0])
        self._set(k, after, name)
        return before

    def whole(self) -> Any:
        """The present contents in one dimension, nominal values alone."""
        if self.watched:
            for k in range(len(self._cells)):
                self._touch(k, READ)
        data = self._data.copy()
        for k in self.changed:
            data[k] = self._get(k).value
        return data

    def _certain(self, indices: tuple[Box, ...]) -> None:
        for i in indices:
            if i.error:
                self._launch.unknown_writes(UNKNOWN_INDEX)
                self.set_unknown(None)  # the thread's own index, too, may be another one
                return

    def at(self, indices: tuple[Box, ...]) -> int:
        """The number of the element at those indices.

        Raises:
            UndefinedError: there is none.
        """
        k = 0
        for box, n in zip(indices, self.shape, strict=True):
            i = int(box.value)
            if not -n <= i < n:
                raise UndefinedError(f"index {i} of {n} elements of {self.name}")
            k = k * n + (i if i >= 0 else i + n)  # Warp counts negative indices from the end
        return k

    # -- races ---------------------------------------------------------------------------------------------------------

    def _touch(self, k: int, how: int) -> Traffic:
        traffic = self._traffic.get(k)
        if traffic is None:
            traffic = self._traffic[k] = Traffic()
        threads = traffic.threads
        for other in _CONFLICTS[how]:
            if threads[other] is not None and threads[other] != self._launch.thread:
                raise UndefinedError(f"data race on {self.name}: {_HOW[other]} and {_HOW[how]} of element {k}")
        threads[how] = self._launch.thread if threads[how] in (None, self._launch.thread) else _MANY
        return traffic

    def _touch_atomically(self, k: int, name: str, used: bool) -> None:
        traffic = self._touch(k, ATOMIC)
        group = _COMMUTING.get(name, "")
        if traffic.threads[ATOMIC] == _MANY:
            if used or traffic.used:
                raise UndefinedError(
                    f"data race on {self.name}: what an atomic of element {k} finds depends on the order"
                )
            if not group or traffic.group != group:
                note("atomics whose order matters")
                self._unsure.add(k)
        # One thread may mix atomics; where a second one joins it, the order matters.
        traffic.group = group if traffic.group in (None, group) else ""
        traffic.used |= used

    # -- what becomes of it --------------------------------------------------------------------------------------------

    def set_unknown(self, cell: tuple[int, ...] | None) -> None:
        """Nothing is known any more of the thread's own cell, or of any."""
        if self.own and cell is not None:
            k = 0
            for i, n in zip(cell, self.shape, strict=True):
                k = k * n + i
            self._unsure.add(k)
        else:
            self._unsure.update(range(len(self._cells)))

    def cell(self, k: int) -> Box:
        """The element of that number, as it is now."""
        return self._get(k)

    def touched(self) -> list[int]:
        """The numbers of the elements that were read or written."""
        return [k for k, box in enumerate(self._cells) if box is not None]

    def unsure(self, k: int) -> bool:
        """Whether nothing is known of the element."""
        return k in self._unsure

    def contents(self) -> tuple[Any, Any]:
        """The elements and their error bounds, in the array's shape followed by the components' one."""
        t = self.type.dtype
        if types.kind(t) == "struct":
            return self._records(t)
        part, extent = types.scalar(t), types.shape(t)
        values = self._data.astype(DTYPES[part], copy=True)
        errors = np.zeros(values.shape, np.float64)
        for k in self.changed:
            box = self._get(k)
            values[k] = box.value
            if type(box.error) is not float or box.error:
                errors[k] = _final(part, box)
        for k in self._unsure:
            errors[k] = everywhere(t, INF)
        return values.reshape(*self.shape, *extent), errors.reshape(*self.shape, *extent)

    def _records(self, t: Value) -> tuple[Any, Any]:
        """The elements, which are structs, and records of their error bounds."""
        values, errors = self._data.copy(), np.zeros(len(self._data), layout(t, "float64"))
        for k in self.changed:
            values[k] = recorded(self._get(k), lambda box: box.value)
            errors[k] = recorded(self._get(k), lambda box: _final(types.scalar(box.type), box))
        for k in self._unsure:
            errors[k] = recorded(self._get(k), lambda box: everywhere(box.type, INF))
        return values.reshape(self.shape), errors.reshape(self.shape)


UNKNOWN_INDEX = "an index depends on rounding"
"""The reason why an access may be to any element."""

_HOW = {READ: "a read", WRITE: "a store", ATOMIC: "an atomic"}


def _order(before: Box, operand: Box) -> Any:
    """What the order of additions may change."""
    part = types.scalar(before.type)
    size = ulp(part, before.value) + ulp(part, operand.value)
    return np.where(np.isfinite(size), size, 0.0)[()]


def _final(part: Value, box: Box) -> Any:
    """The bound that is reported: the running one, and two units of the value."""
    if types.kind(part) != "float":
        return box.error
    own = 2.0 * ulp(part, box.value)
    return np.where(np.isfinite(own), box.error + own, box.error)
