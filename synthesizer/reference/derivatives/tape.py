"""The tape: what the active values of a run were computed from, and what of it Warp's documentation excludes.

The exclusions are those of "Limitations and Workarounds" and "Array Overwrites" on the page "Differentiability" of
Warp's documentation (1.19), and Warp's own marks of builtins without a derivative. An exclusion becomes a *limit* of a
step: if a derivative other than zero flows through it, what it flows into is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations import Operation, record
from warpsmith.grammar.operations.derivative import Rule
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.unknown import Unknown
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, GIVEN, STALE, Box, by_field, exact, note
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.structs import leaves

NO_DERIVATIVE = "a builtin that Warp does not differentiate"
"""Those that the registry marks ``is_differentiable=False``, as the list of builtins in the documentation does."""

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

OBSERVED = "the derivative of what is read of an object"
"""No record of such a builtin has one."""

ROUNDING = "a derivative on a path that depends on rounding"

ADJOINT = "an adjoint to which anything may be added"
"""Of a site where that is unknown; see :class:`~synthesizer.reference.unknown.Unknown`."""

_COPY, _SUM = record("pos"), record("add")


class Node:
    """One step of the tape.

    Attributes:
        operation: its record.
        types: of the operands.
        f: its meaning on NumPy values.
        boxes: the operands.
        results: what it yielded.
        limit: why what flows through it is inconclusive, if it is.
        changed: operands and results whose variable has another value when Warp reverses the step.
        rule: how it is differentiated, where the program itself says so.
    """

    __slots__ = ("boxes", "changed", "f", "limit", "operation", "results", "rule", "types")

    def __init__(
        self,
        operation: Operation,
        types_: tuple[Value, ...],
        f: Callable[..., Any],
        boxes: tuple[Box, ...],
        results: tuple[Box, ...],
        limit: str | None = None,
    ) -> None:
        self.operation = operation
        self.types = types_
        self.f = f
        self.boxes = boxes
        self.results = results
        self.limit = limit
        self.changed: tuple[Box, ...] = ()
        self.rule: Rule | None = None


class Tape:
    """Records a run.

    Attributes:
        nodes: the steps, in the order in which they were taken.
        path_unknown: whether all derivatives are inconclusive: the run may have taken another path.
        decisions: how many there have been so far.
        reasons: why values are stale.
        fresh: by a value's identity, it and the numbers of its components that have been assigned, where the rest are
            as default initialisation left them.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.path_unknown = False
        self.decisions = 0
        self.reasons: dict[str, None] = {}
        self._start = 0
        self._begun: list[tuple[int, int, dict[int, Box]]] = []
        self._again: list[tuple[int, int, dict[int, Box]]] = []
        self._read: set[tuple[int, int]] = set()
        self._stored: set[tuple[int, int]] = set()
        self.fresh: dict[int, tuple[Box, frozenset[int]]] = {}
        self._deciders: dict[int, Box] = {}
        self._passed: dict[int, Box] = {}
        self._extremes: dict[tuple[int, int], tuple[str, list[Node]]] = {}

    def clear(self) -> None:
        """An empty tape."""
        self.nodes.clear()
        self.path_unknown = False
        for known in (self.reasons, self._read, self._stored, self._extremes):
            known.clear()
        self.thread()

    def thread(self) -> None:
        """Another thread begins."""
        self._start = len(self.nodes)
        self._begun.clear()
        self._again.clear()
        self.fresh.clear()
        self._deciders.clear()
        self._passed.clear()

    def unknown_path(self, reason: str) -> None:
        """The run may have taken another path, which depends on other values."""
        note(reason)
        self.path_unknown = True

    def loaded(self, array: Memory, k: int) -> None:
        """An element of an array that some thread may write to has been read."""
        self._read.add((array.key, k))

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
            self.unknown_path(OVERWRITTEN)
        which, nodes = self._extremes.setdefault((array.key, k), (how, []))
        if how != which:
            self._extremes[array.key, k] = ("", nodes)  # from here on nothing is of one kind with what came before
            for node in nodes:
                node.limit = OVERWRITTEN
        if record(how).rereads and self.nodes and self.nodes[-1].results[0] is array.cell(k):
            nodes.append(self.nodes[-1])
            self.nodes[-1].limit = OVERWRITTEN if how != which else None

    # -- single boxes --------------------------------------------------------------------------------------------------

    def used(self, box: Box) -> None:
        """The box may decide what is computed from what; later on it may be another value."""
        self._deciders[id(box)] = box
        self.decisions += 1

    def decided(self, box: Box) -> None:
        """The box decides what is computed from what."""
        self.used(box)
        self.needed(box)
        if not exact(box):
            self.unknown_path(ROUNDING)

    def needed(self, box: Box) -> None:
        """What is computed depends on the box in such a way that the backward pass has to have it."""
        if box.marks & STALE:
            for reason in self.reasons:
                self.unknown_path(reason)

    def copied(self, box: Box, marks: int, limit: str | None = None) -> Box:
        """The same value as another box, computed from the first."""
        if type(box.value) is dict:
            return by_field(box, lambda b: self.copied(b, b.marks | marks & STALE, limit))
        copy = Box(box.type, box.value, box.error, marks)
        if box.marks & ACTIVE:
            self.nodes.append(Node(_COPY, (box.type,), same, (box,), (copy,), limit))
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
            self.unknown_path(reason)
        for node in self.nodes[self._start : before]:
            if box in node.boxes or box in node.results:  # boxes are equal to themselves alone
                node.changed = (*node.changed, box)
                self.reasons.setdefault(reason)
                if box.type not in FLOATING:
                    node.limit = node.limit or reason  # an index or an axis, of another component
        for first, end, given in self._again:
            self._recomputed(box, self.nodes[first:end], id(box) in given)

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

        What has a derivative is followed from step to step; what has none is known to be made of an argument.
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
            return by_field(box, self.replayed)
        return self.copied(box, box.marks & ~STALE) if box.marks & STALE else box

    def kept(self, box: Box) -> Box:
        """The value of an element between two launches: memory has it, whatever the one before forgets."""
        if type(box.value) is dict:
            return by_field(box, self.kept)
        return self.copied(box, box.marks & ACTIVE)

    def limited(self, box: Box, reason: str) -> Box:
        """The value, through which no derivative may flow."""
        if type(box.value) is dict:
            return by_field(box, lambda field: self.limited(field, reason))
        return self.copied(box, box.marks, reason) if box.marks & ACTIVE else box

    def unknown(self, box: Box, what: Unknown, reason: str) -> Box:
        """The value without what is unknown of it in the backward pass; no struct."""
        if what & (Unknown.VALUE | Unknown.DERIVATIVE | Unknown.ADJOINT):
            box = self.limited(box, ADJOINT if Unknown.ADJOINT in what else reason)
        return self.stale(box, reason) if Unknown.REPLAY in what else box

    def exchanged(self, before: Box, after: Box, reason: str) -> Box:
        """The value that takes the place of another without a derivative: what flows back may reach either."""
        found = Box(after.type, after.value, after.error, before.marks | after.marks)
        if found.marks & ACTIVE:
            self.nodes.append(Node(_SUM, (after.type,) * 2, np.add, (before, after), (found,), reason))
        return found


def same(x: Any) -> Any:
    """The meaning of a copy."""
    return x


FLOATING = frozenset(filter(types.differentiable, (*types.VALUES, *types.OWN)))
"""The types whose values have derivatives; structs, of which each field is a value of its own, are not among them."""
