"""Operations that record themselves on the tape, kind by kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from warpsmith.grammar import registry, types
from warpsmith.grammar.operations import OPERATIONS, Operation, record
from warpsmith.grammar.operations.construct import stored
from warpsmith.grammar.operations.tile import SYMMETRIC
from warpsmith.grammar.types import FLOATS, Array, Local, Tile, Type, Value
from warpsmith.synthesizer.reference.derivatives.tape import (
    FLOATING,
    IN_PLACE,
    LOOP,
    NO_DERIVATIVE,
    OBSERVED,
    REASSIGNED,
    Node,
    Tape,
    same,
)
from warpsmith.synthesizer.reference.unknown import On, changed_operand, run_without
from warpsmith.synthesizer.reference.values import tiles
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, STALE, Box
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, unwrapped
from warpsmith.synthesizer.reference.values.constructs import atomic, augment, part
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.operations import resolve
from warpsmith.synthesizer.reference.values.structs import leaves

_STORES = frozenset(("store", "store attribute", "add component"))


class Recorder:
    """Finds operations that record themselves.

    Attributes:
        tape: what they are recorded on.
    """

    def __init__(self, unknown: tuple[On, ...] = ()) -> None:
        self.tape = Tape()
        self._unknown = unknown
        self._known: dict[tuple[str, tuple[Type, ...], Any], BoxFunction] = {}

    def find(self, name: str, operands: tuple[Type, ...], option: Any = None) -> BoxFunction:
        """As :func:`~synthesizer.reference.values.operations.resolve`, for one that records itself."""
        key = (name, operands, option)
        found = self._known.get(key)
        if found is None:
            found = run_without(name, operands, self._found(name, operands, option), self._unknown, self.tape)
            if not any(types.is_struct(getattr(t, "dtype", t)) for t in operands):
                self._known[key] = found  # structs are the program's own
        return found

    def _found(self, name: str, operands: tuple[Type, ...], option: Any) -> BoxFunction:
        if record(name).observes:
            return self._observing(name, resolve(name, operands, option))
        array = next((t for t in operands if isinstance(t, Array)), None)
        if any(isinstance(t, Tile) for t in operands):
            return tiles.operator(name, operands, option, self.find)
        if name == "augment":
            run = augment(operands, option, self.find)
            if array is not None:
                run = self._augmenting(run)
            limited = array is not None and array.dtype in FLOATING and not atomic(option, array)
            return self._limiting(run, IN_PLACE) if limited else run
        run = resolve(name, operands, option)
        if array is not None:
            if name in ("index", "element"):
                return self._loading(run, reads=name == "index")
            return self._storing(run) if name == "store" else self._marking(run)
        if name == "element":
            name = "index"
        if any(isinstance(t, Local) for t in operands):
            return self._deciding(run)
        values: tuple[Value, ...] = operands  # type: ignore[assignment]
        if name == "where":
            return self._choosing(run)
        if name in ("attribute", "store attribute") and any(types.kind(t) == "struct" for t in values):
            return run
        if name == "len" or (name not in OPERATIONS and name not in _STORES):
            return self._marking(run)
        if name == "construct" and not values:
            return self._creating(run)
        f, operation = form(name, values, option), record(name)
        if name in _STORES or operation.sets:
            return self._assigning(name, values, run, f)
        return self.recording(operation, values, run, f)

    # -- kinds of operations -------------------------------------------------------------------------------------------

    def recording(
        self, operation: Operation, operands: tuple[Value, ...], run: BoxFunction, f: Callable[..., Any]
    ) -> BoxFunction:
        """The operation, as a step of the tape where an operand is active.

        Args:
            operation: its record.
            operands: their types.
            run: it.
            f: its meaning on NumPy values.
        """
        name, without = operation.name, operation.without
        limit = None if _differentiable(name, operands) else f"{NO_DERIVATIVE}: {name}"

        def recorded(*boxes: Box) -> Any:
            if without:
                reason = f"an operand by which Warp does not differentiate: of {name}"
                boxes = tuple([self.tape.limited(b, reason) if i in without else b for i, b in enumerate(boxes)])
            found = run(*boxes)
            marks = 0
            for b in boxes:
                marks |= b.marks
            if not marks:
                return found
            results = found if type(found) is tuple else (found,)
            active = 0
            for r in results:
                r.marks = marks if r.type in FLOATING else marks & ~ACTIVE
                active |= r.marks
            if active & ACTIVE:
                stale = _stale_integers(boxes) if marks & STALE else None
                self.tape.nodes.append(Node(operation, operands, f, boxes, results, limit or stale))
            return found

        return recorded

    def _observing(self, name: str, run: BoxFunction) -> BoxFunction:
        """What reads an object: which derivatives flow through it is not known."""
        operation = record(name)

        def observed(handle: Box, *boxes: Box) -> Box:
            found: Box = run(handle, *boxes)
            marks = 0
            for b in boxes:
                marks |= b.marks
            if not marks or types.is_query(found.type):
                return found
            parts = [part for _, part in leaves(found)]
            for part_ in parts:
                part_.marks = marks if part_.type in FLOATING else marks & ~ACTIVE
            results = tuple([p for p in parts if p.marks & ACTIVE])
            if results:
                operands = tuple([b.type for b in boxes])
                self.tape.nodes.append(Node(operation, operands, run, boxes, results, OBSERVED))
            return found

        return observed

    def _assigning(
        self, name: str, operands: tuple[Value, ...], run: BoxFunction, f: Callable[..., Any]
    ) -> BoxFunction:
        """A store into a part of a local: of its first assignment after default initialisation, or a limited one."""
        recorded = self.recording(record("store" if name == "add component" else name), operands, run, f)
        which = changed_operand(name)
        labels = np.arange(np.prod(types.shape(operands[which]))).reshape(types.shape(operands[which]))

        def assigned(*boxes: Box) -> Box:
            before, found = len(self.tape.nodes), recorded(*boxes)
            target, fresh = boxes[which], self.tape.fresh.get(id(boxes[which]))
            if name == "add component":
                if fresh is not None:
                    self.tape.fresh[id(found)] = (found, fresh[1])
                return found  # type: ignore[no-any-return]
            values = [b.value for b in boxes]
            values[which], values[1 - which] = labels, np.full(types.shape(operands[1 - which]), -1)
            now = labels.ravel()[np.ravel(f(*values)) < 0]
            if fresh is not None and not fresh[1].intersection(now):
                self.tape.fresh[id(found)] = (found, fresh[1].union(now))
                return found  # type: ignore[no-any-return]
            self.tape.changes(target, REASSIGNED, before)
            for node in self.tape.nodes[before:]:
                node.limit = REASSIGNED
            return found  # type: ignore[no-any-return]

        return assigned

    def _creating(self, run: BoxFunction) -> BoxFunction:
        """Default initialisation: no component is assigned yet."""

        def created() -> Box:
            found: Box = run()
            self.tape.fresh[id(found)] = (found, frozenset())
            return found

        return created

    def _marking(self, run: BoxFunction) -> BoxFunction:
        """An operation without a derivative: the other marks are passed on."""

        def marked(*boxes: Any) -> Any:
            found = run(*boxes)
            marks = 0
            for b in boxes:
                if type(b) is Box:
                    marks |= b.marks & ~ACTIVE
            if marks:
                for r in found if type(found) is tuple else (found,):
                    r.marks |= marks
            return found

        return marked

    def _choosing(self, run: BoxFunction) -> BoxFunction:
        def chosen(condition: Box, x: Box, y: Box) -> Box:
            if (x.marks | y.marks) & ACTIVE:
                self.tape.decided(condition)
            found: Box = run(condition, x, y)
            if condition.marks & STALE:
                found = self.tape.stale(found)
            return found

        return chosen

    def _loading(self, run: BoxFunction, *, reads: bool = True) -> BoxFunction:
        """An access of an element, which ``reads`` it, or only changes a part of it."""

        def loaded(array: Memory, *indices: Box) -> Any:
            found = run(array, *indices)
            if isinstance(found, Memory):  # a view
                for i in indices:
                    self.tape.decided(i)
                return found
            stale = 0
            for i in indices:
                stale |= i.marks & STALE
                if any(box.marks & ACTIVE for _, box in leaves(found)):
                    self.tape.decided(i)
            if reads and array.watched:
                self.tape.loaded(array, array.at(indices))
            return self.tape.stale(found) if stale else found

        return loaded

    def _deciding(self, run: BoxFunction) -> BoxFunction:
        """An access of an array that is local to the thread: its elements are on the tape, each for itself."""

        def accessed(*boxes: Box) -> Box:
            for b in boxes:
                if not isinstance(b.type, Local) and b.type in types.INTEGERS:
                    if b.marks & STALE:
                        self.tape.decided(b)
                    self.tape.used(b)
            found: Box = run(*boxes)
            return found

        return accessed

    def _storing(self, run: BoxFunction) -> BoxFunction:
        def stored(value: Box | Memory, array: Memory, *indices: Box) -> Any:
            if isinstance(value, Memory):
                return run(value, array, *indices)
            for i in indices:
                self.tape.decided(i)
            return run(value, array, *indices)

        return stored

    def _augmenting(self, run: BoxFunction) -> BoxFunction:
        """An assignment in place to an array's element."""

        def augmented(array: Memory, *rest: Box) -> Any:
            for i in rest[:-1]:
                self.tape.decided(i)
            return run(array, *rest)

        return augmented

    def _limiting(self, run: BoxFunction, reason: str) -> BoxFunction:
        def limited(*boxes: Any) -> Any:
            before = len(self.tape.nodes)
            found = run(*boxes)
            for node in self.tape.nodes[before:]:
                node.limit = reason
            return found

        return limited


@lru_cache(maxsize=4)
def recorder(unknown: tuple[On, ...]) -> Recorder:
    """One for all programs, which find their operations on it again."""
    return Recorder(unknown)


def _stale_integers(boxes: tuple[Box, ...]) -> str | None:
    """An index or an axis that is stale names another component."""
    return LOOP if any(b.marks & STALE and types.scalar(b.type) not in FLOATS for b in boxes) else None


def no_derivative(name: str) -> str:
    """Why no derivative is known of a builtin of tiles; ``""`` where it has one."""
    if name in SYMMETRIC:
        return "the derivative by a symmetric matrix of which one triangle is read"
    return "" if registry.has_derivative(name) else f"{NO_DERIVATIVE}: {name}"


def _differentiable(name: str, operands: tuple[Value, ...]) -> bool:
    """What Warp's registry says of a builtin; constructs of ours are differentiable."""
    for s in registry.by_name().get(name, ()):
        if s.operands[: len(operands)] == operands:
            return s.differentiable
    return True


def form(name: str, operands: tuple[Value, ...], option: Any) -> Callable[..., Any]:
    """The meaning of an operation on NumPy values, indices as integers."""
    if name in ("attribute", "store attribute"):
        at = part(operands[-1], option)
        return (lambda value: value[at]) if name == "attribute" else (lambda value, target: stored(value, target, at))
    if name == "construct":
        return same  # its rule asks for no meaning
    return unwrapped("store" if name == "add component" else name, operands)
