"""The tape: what the active values of a run were computed from, and what of it Warp's documentation excludes.

The exclusions are those of "Limitations and Workarounds" and "Array Overwrites" on the page "Differentiability" of
Warp's documentation (1.19), and Warp's own marks of builtins without a derivative. An exclusion becomes a *limit* of a
step: if a derivative other than zero flows through it, what it flows into is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from warpsmith.grammar import registry, types
from warpsmith.grammar.types import FLOATS, Array, Local, Type, Value
from warpsmith.synthesizer.reference.doubts import FIELD, LOCAL, UPDATED, Doubt, doubting
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, GIVEN, STALE, Box, exact, note
from warpsmith.synthesizer.reference.values.builtins import SETTERS, Operation, unwrapped
from warpsmith.synthesizer.reference.values.constructs import atomic, augment, part
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.operations import resolve
from warpsmith.synthesizer.reference.values.structs import leaves

NO_DERIVATIVE = "a builtin that Warp does not differentiate"
"""Those that the registry marks ``is_differentiable=False``, as the list of builtins in the documentation does."""

UNDIFFERENTIATED: dict[str, tuple[int, ...]] = {"curlnoise": (3, 4)}
"""By builtin, the operands without a derivative. Documented: "``lacunarity`` and ``gain`` receive no gradient"."""

REASSIGNED = "a component that is assigned again"
"""Documented: "each component may only be assigned a value once (not including default initialization)"."""

IN_PLACE = "an array element that is multiplied or divided in place"
"""Documented: "in-place multiplication and division are not supported"."""

OVERWRITTEN = "an array element that is overwritten after it was read"
"""Documented: "a single pattern to be avoided: writing to an array after reading from it"."""

LOOP = "a value carried through a dynamic loop"
"""Documented: "dynamic loops are not replayed or unrolled in the backward pass, meaning intermediate values that are
meant to be computed in the loop and may be necessary for adjoint calculations are not updated"."""

FOUND = "the value that an atomic found"
"""Documented, in the example of custom replay functions: the backward pass does not know what an atomic returned."""

REPEATED = "an array element that a function has changed"
"""Documented, in the same example: the backward pass runs a function again, with what it does to arrays."""

HANGS = "a derivative on a way that hangs on rounding"


class Node:
    """One step of the tape.

    Attributes:
        name: of the operation, as :func:`~synthesizer.reference.derivatives.pullback.pullback` knows it.
        types: of the operands.
        f: its meaning on NumPy values.
        boxes: the operands.
        results: what it yielded.
        limit: why what flows through it is inconclusive, if it is.
        changed: operands and results whose variable has another value when Warp reverses the step.
    """

    __slots__ = ("boxes", "changed", "f", "limit", "name", "results", "types")

    def __init__(
        self,
        name: str,
        types_: tuple[Value, ...],
        f: Callable[..., Any],
        boxes: tuple[Box, ...],
        results: tuple[Box, ...],
        limit: str | None = None,
    ) -> None:
        self.name = name
        self.types = types_
        self.f = f
        self.boxes = boxes
        self.results = results
        self.limit = limit
        self.changed: tuple[Box, ...] = ()


_ASSIGNING = frozenset(("store", "store attribute", "add component", *SETTERS))


class Tape:
    """Records a run.

    Attributes:
        nodes: the steps, in the order in which they were taken.
        doubtful: whether all derivatives are inconclusive: the run may have gone another way.
        decisions: how many there have been so far.
        reasons: why values are stale.
    """

    def __init__(self, doubts: tuple[Doubt, ...] = ()) -> None:
        self._doubts = doubts
        self._known: dict[tuple[str, tuple[Type, ...], Any], Operation] = {}
        self.nodes: list[Node] = []
        self.doubtful = False
        self.decisions = 0
        self.reasons: dict[str, None] = {}
        self._start = 0
        self._begun: list[tuple[int, int, dict[int, Box]]] = []
        self._again: list[tuple[int, int, dict[int, Box]]] = []
        self._read: set[tuple[int, int]] = set()
        self._stored: set[tuple[int, int]] = set()
        self._fresh: dict[int, tuple[Box, frozenset[int]]] = {}
        self._deciders: dict[int, Box] = {}
        self._passed: dict[int, Box] = {}
        self._extremes: dict[tuple[int, int], tuple[str, list[Node]]] = {}

    def clear(self) -> None:
        """An empty tape."""
        self.nodes.clear()
        self.doubtful = False
        for known in (self.reasons, self._read, self._stored, self._extremes):
            known.clear()
        self.thread()

    def thread(self) -> None:
        """Another thread begins."""
        self._start = len(self.nodes)
        self._begun.clear()
        self._again.clear()
        self._fresh.clear()
        self._deciders.clear()
        self._passed.clear()

    def doubt(self, reason: str) -> None:
        """The run may have gone another way, which depends on other values."""
        note(reason)
        self.doubtful = True

    def find(self, name: str, operands: tuple[Type, ...], option: Any = None) -> Operation:
        """As :func:`~synthesizer.reference.values.operations.resolve`, for one that records itself."""
        key = (name, operands, option)
        found = self._known.get(key)
        if found is None:
            known = LOCAL if any(isinstance(t, Local) for t in operands) else name
            limited = self._unreplayed if known in (LOCAL, FIELD) else self.limited
            found = doubting(known, self._found(name, operands, option), self._doubts, limited, self.doubt)
            if known == LOCAL and any(doubt.operation == LOCAL for doubt in self._doubts):
                found = self._unreturned(found)
            if not any(types.is_struct(getattr(t, "dtype", t)) for t in operands):
                self._known[key] = found  # structs are the program's own
        return found

    def _found(self, name: str, operands: tuple[Type, ...], option: Any) -> Operation:
        array = next((t for t in operands if isinstance(t, Array)), None)
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
        if name == FIELD:
            return run
        values: tuple[Value, ...] = operands  # type: ignore[assignment]
        if name == "where":
            return self._choosing(run)
        if name in ("attribute", "store attribute") and any(types.kind(t) == "struct" for t in values):
            return run
        if name in ("compare", "len", "zeros"):
            return self._marking(run)
        if name == "construct" and not values:
            return self._creating(run)
        record = self._assigning if name in _ASSIGNING else self.recording
        return record(name, values, run, form(name, values, option))

    def changed(self, array: Memory, k: int, how: str, *, in_function: bool) -> None:
        """An element has been changed, by a store or an atomic of that name; what was read of it is there no more.

        The adjoint of a minimum or maximum reads the element again, so that nothing else may change it. What a function
        does to an element happens again in the backward pass, and what the kernel itself does to it does not.
        """
        if in_function and how == "store":
            self._stored.add((array.key, k))
        elif in_function or (array.key, k) in self._stored:
            self._repeated(array.cell(k))
        if (array.key, k) in self._read:
            self.doubt(OVERWRITTEN)
        which, nodes = self._extremes.setdefault((array.key, k), (how, []))
        if how != which:
            self._extremes[array.key, k] = ("", nodes)  # from here on nothing is of one kind with what came before
            for node in nodes:
                node.limit = OVERWRITTEN
        if how in ("atomic_min", "atomic_max") and self.nodes and self.nodes[-1].results[0] is array.cell(k):
            nodes.append(self.nodes[-1])
            self.nodes[-1].limit = OVERWRITTEN if how != which else None

    # -- kinds of operations -------------------------------------------------------------------------------------------

    def recording(self, name: str, operands: tuple[Value, ...], run: Operation, f: Callable[..., Any]) -> Operation:
        """The operation, as a step of the tape where an operand is active.

        Args:
            name: of the operation.
            operands: their types.
            run: it.
            f: its meaning on NumPy values.
        """
        limit = None if _differentiable(name, operands) else f"{NO_DERIVATIVE}: {name}"
        without = UNDIFFERENTIATED.get(name, ())

        def recorded(*boxes: Box) -> Any:
            if without:
                reason = f"an operand by which Warp does not differentiate: of {name}"
                boxes = tuple([self.limited(b, reason) if i in without else b for i, b in enumerate(boxes)])
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
                self.nodes.append(Node(name, operands, f, boxes, results, limit or stale))
            return found

        return recorded

    def _assigning(self, name: str, operands: tuple[Value, ...], run: Operation, f: Callable[..., Any]) -> Operation:
        """A store into a part of a local: of its first assignment after default initialisation, or a limited one."""
        record = self.recording("store" if name == "add component" else name, operands, run, f)
        which = 0 if name in SETTERS else 1
        labels = np.arange(np.prod(types.shape(operands[which]))).reshape(types.shape(operands[which]))

        def assigned(*boxes: Box) -> Box:
            before, found = len(self.nodes), record(*boxes)
            target, fresh = boxes[which], self._fresh.get(id(boxes[which]))
            if name == "add component":
                self._updated(target, before)
                if fresh is not None:
                    self._fresh[id(found)] = (found, fresh[1])
                return found  # type: ignore[no-any-return]
            values = [b.value for b in boxes]
            values[which], values[1 - which] = labels, np.full(types.shape(operands[1 - which]), -1)
            now = labels.ravel()[np.ravel(f(*values)) < 0]
            if fresh is not None and not fresh[1].intersection(now):
                self._updated(target, before)
                self._fresh[id(found)] = (found, fresh[1].union(now))
                return found  # type: ignore[no-any-return]
            self.changes(target, REASSIGNED, before)
            for node in self.nodes[before:]:
                node.limit = REASSIGNED
            return found  # type: ignore[no-any-return]

        return assigned

    def _creating(self, run: Operation) -> Operation:
        """Default initialisation: no component is assigned yet."""

        def created() -> Box:
            found: Box = run()
            self._fresh[id(found)] = (found, frozenset())
            return found

        return created

    def _marking(self, run: Operation) -> Operation:
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

    def _choosing(self, run: Operation) -> Operation:
        def chosen(condition: Box, x: Box, y: Box) -> Box:
            if (x.marks | y.marks) & ACTIVE:
                self.decided(condition)
            found: Box = run(condition, x, y)
            if condition.marks & STALE:
                found = self.stale(found)
            return found

        return chosen

    def _loading(self, run: Operation, *, reads: bool = True) -> Operation:
        """An access of an element, which ``reads`` it, or only changes a part of it."""

        def loaded(array: Memory, *indices: Box) -> Any:
            found = run(array, *indices)
            if isinstance(found, Memory):  # a view
                for i in indices:
                    self.decided(i)
                return found
            stale = 0
            for i in indices:
                stale |= i.marks & STALE
                if any(box.marks & ACTIVE for _, box in leaves(found)):
                    self.decided(i)
            if reads and array.watched:
                self._read.add((array.key, array.at(indices)))
            return self.stale(found) if stale else found

        return loaded

    def _unreplayed(self, box: Box, reason: str) -> Box:
        """The value, which the backward pass does not have, and through which no derivative flows."""
        found: Box = self.stale(self.limited(box, reason), reason)
        return found

    def _unreturned(self, run: Operation) -> Operation:
        """An access of an array local to a thread where those are in doubt: anything may flow into what it is given."""

        def accessed(*boxes: Any) -> Any:
            return run(*(self.limited(b, Doubt(LOCAL).reason) if type(b) is Box else b for b in boxes))

        return accessed

    def _deciding(self, run: Operation) -> Operation:
        """An access of an array that is local to the thread: its elements are on the tape, each for itself."""

        def accessed(*boxes: Box) -> Box:
            for b in boxes:
                if not isinstance(b.type, Local) and b.type in types.INTEGERS:
                    if b.marks & STALE:
                        self.decided(b)
                    self.used(b)
            found: Box = run(*boxes)
            return found

        return accessed

    def _storing(self, run: Operation) -> Operation:
        def stored(value: Box | Memory, array: Memory, *indices: Box) -> Any:
            if isinstance(value, Memory):
                return run(value, array, *indices)
            for i in indices:
                self.decided(i)
            return run(value, array, *indices)

        return stored

    def _augmenting(self, run: Operation) -> Operation:
        """An assignment in place to an array's element."""

        def augmented(array: Memory, *rest: Box) -> Any:
            for i in rest[:-1]:
                self.decided(i)
            return run(array, *rest)

        return augmented

    def _limiting(self, run: Operation, reason: str) -> Operation:
        def limited(*boxes: Any) -> Any:
            before = len(self.nodes)
            found = run(*boxes)
            for node in self.nodes[before:]:
                node.limit = reason
            return found

        return limited

    # -- single boxes --------------------------------------------------------------------------------------------------

    def used(self, box: Box) -> None:
        """The box may decide what is computed from what; later on it may be another value."""
        self._deciders[id(box)] = box
        self.decisions += 1

    def decided(self, box: Box) -> None:
        """The box decides what is computed from what."""
        self.used(box)
        self.stands(box)
        if not exact(box):
            self.doubt(HANGS)

    def stands(self, box: Box) -> None:
        """What is computed hangs on the box in such a way that the backward pass has to have it."""
        if box.marks & STALE:
            for reason in self.reasons:
                self.doubt(reason)

    def copied(self, box: Box, marks: int, limit: str | None = None) -> Box:
        """The same value as another box, and how it came of the first."""
        if type(box.value) is dict:
            return Box(
                box.type, {name: self.copied(b, b.marks | marks & STALE, limit) for name, b in box.value.items()}
            )
        copy = Box(box.type, box.value, box.error, marks)
        if box.marks & ACTIVE:
            self.nodes.append(Node("pos", (box.type,), _same, (box,), (copy,), limit))
        return copy

    def changes(self, box: Any, reason: str, before: int | None = None) -> None:
        """A variable gets another value: steps of this thread that took the present one do not find it any more.

        Args:
            box: the present value.
            reason: why.
            before: the number of the first step that it does not matter to; all of them matter by default.
        """
        if isinstance(box, Box) and type(box.value) is dict:
            for part in box.value.values():
                self.changes(part, reason, before)
            return
        if id(box) in (self._deciders if before is None else self._passed):
            self.doubt(reason)
        for node in self.nodes[self._start : before]:
            if box in node.boxes or box in node.results:  # boxes are equal to themselves alone
                node.changed = (*node.changed, box)
                self.reasons.setdefault(reason)
                if box.type not in FLOATING:
                    node.limit = node.limit or reason  # an index or an axis, of another component
        for first, end, given in self._again:
            self._recomputed(box, self.nodes[first:end], id(box) in given)

    def _updated(self, box: Box, before: int) -> None:
        """A component of the variable is changed in a way that is documented to be safe."""
        for doubt in self._doubts:
            if doubt.operation == UPDATED:
                self.changes(box, doubt.reason, before)

    def begin(self, values: Iterable[Any]) -> int:
        """A function is called, or a dynamic loop begins, which computes with those values; returns its number."""
        given = {id(leaf): leaf for a in values if isinstance(a, Box) for _, leaf in leaves(a)}
        for leaf in given.values():
            leaf.marks |= GIVEN
        self._begun.append((len(self.nodes), self.decisions, given))
        return len(self._begun) - 1

    def end(self, number: int = -1) -> None:
        """The steps since it began are of the function of that number, or of the loop that began last."""
        first, decisions, given = self._begun[number]
        del self._begun[number:]  # also those of loops that a function returned from
        if self.decisions > decisions:  # the backward pass takes them again, of these values
            self._deciders.update(given)
            self._passed.update(given)
        if first < len(self.nodes):
            self._again.append((first, len(self.nodes), given))

    def _recomputed(self, box: Box, steps: list[Node], given: bool) -> None:
        """The backward pass runs functions and the bodies of loops again: of another value, they compute another one.

        What has a derivative is followed from step to step; of what has none it is known that it comes of an argument.
        """
        others = {id(box)}
        for node in steps:
            touched = [b for b in node.boxes if id(b) in others or (given and b.marks & (GIVEN | ACTIVE) == GIVEN)]
            if touched:
                node.changed = (*node.changed, *touched)
                others.update(map(id, node.results))
                if any(b.type not in FLOATING for b in touched):
                    node.limit = node.limit or LOOP

    def stale(self, box: Any, reason: str = LOOP) -> Any:
        """The value, which Warp's backward pass does not have."""
        if not isinstance(box, Box):
            return box
        self.reasons.setdefault(reason)
        return self.copied(box, box.marks | STALE)

    def _repeated(self, box: Box) -> None:
        """The present value of an element, in whose place the backward pass finds another."""
        self.reasons.setdefault(REPEATED)
        for _, field in leaves(box):
            field.marks |= STALE

    def replayed(self, box: Box) -> Box:
        """The value that a function returns: Warp runs the whole function again in the backward pass."""
        if type(box.value) is dict:
            return Box(box.type, {name: self.replayed(b) for name, b in box.value.items()})
        return self.copied(box, box.marks & ~STALE) if box.marks & STALE else box

    def limited(self, box: Box, reason: str) -> Box:
        """The value, through which no derivative may flow."""
        if type(box.value) is dict:
            return Box(box.type, {name: self.limited(field, reason) for name, field in box.value.items()})
        return self.copied(box, box.marks, reason) if box.marks & ACTIVE else box

    def exchanged(self, before: Box, after: Box, reason: str) -> Box:
        """The value that takes the place of another without a derivative: what flows back may reach either."""
        found = Box(after.type, after.value, after.error, before.marks | after.marks)
        if found.marks & ACTIVE:
            self.nodes.append(Node("add", (after.type,) * 2, np.add, (before, after), (found,), reason))
        return found


def _same(x: Any) -> Any:
    return x


FLOATING = frozenset(filter(types.differentiable, types.VALUES))
"""The types whose values have derivatives; structs, of which each field is a value of its own, are not among them."""


def _stale_integers(boxes: tuple[Box, ...]) -> str | None:
    """An index or an axis that is stale names another component."""
    return LOOP if any(b.marks & STALE and types.scalar(b.type) not in FLOATS for b in boxes) else None


def _differentiable(name: str, operands: tuple[Value, ...]) -> bool:
    """What Warp's registry says of a builtin; constructs of ours are differentiable."""
    for s in registry.by_name().get(name, ()):
        if s.operands[: len(operands)] == operands:
            return s.differentiable
    return True


def form(name: str, operands: tuple[Value, ...], option: Any) -> Callable[..., Any]:
    """The meaning of an operation on NumPy values, indices as integers."""
    if name == "index":
        return lambda value, *at: value[at]
    if name in ("store", "add component"):
        return _stored
    if name in ("attribute", "store attribute"):
        at = part(operands[-1], option)
        return (lambda value: value[at]) if name == "attribute" else (lambda value, target: _stored(value, target, at))
    if name in ("construct", "cast"):
        return _same  # its rule asks for no meaning
    return unwrapped(name, operands)


def _stored(value: Any, target: Any, *at: Any) -> Any:
    changed = np.array(target)
    changed[at] = value
    return changed
