"""Reverse mode over the tape: once at the nominal values, and once more at values moved as rounding may move them."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations.operation import Slope
from warpsmith.grammar.operations.rounding import EPSILON, TINY
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import FLOATS, Value
from warpsmith.synthesizer.reference.derivatives.pullback import Kink, Step, derivatives
from warpsmith.synthesizer.reference.derivatives.tape import (
    ADJOINT,
    FLOATING,
    FOUND,
    IN_PLACE,
    LOOP,
    OVERWRITTEN,
    REASSIGNED,
    ROUNDING,
    Node,
    Tape,
)
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, INF, STALE, Box, note

OVERFLOW = "a derivative overflows"

_SCALARS = frozenset(FLOATS)

_OF_FACTORS = frozenset((Slope.PRODUCT, Slope.QUOTIENT, Slope.INTERPOLATION))
"""Slopes that are products of operands, of which any may be zero."""

_NORMAL = float(np.finfo(np.float16).smallest_normal)

_NO_DERIVATIVE = (Kink, np.linalg.LinAlgError)

_CANCELLED = 1e-200
"""What is left of flows that cancel: rounding may leave something, so that it is not the same as nothing."""
LITTLE = 1e-150
"""A derivative below is what is left of flows that cancel, and counts as zero."""


@cache
def most(t: Value) -> float:
    """How large a derivative may be in that type, with room for what it is summed from."""
    return 0.25 * float(np.finfo(DTYPES[types.scalar(t)]).max)


def none(flow: Any) -> bool:
    """Whether nothing flows."""
    if flow is None:
        return True
    return flow == 0.0 if isinstance(flow, float) else not flow.any()


def lost(box: Box) -> Any:
    """A flow of which nothing is known."""
    extent = types.shape(box.type)
    return np.full(extent, np.nan) if extent else np.nan


class Pass:
    """A reversal at the nominal values.

    Attributes:
        flows: the derivative by each active box, by the box's identity: a float or an array; NaN where inconclusive.
        sizes: the sum of the sizes of what flowed into it.
    """

    def __init__(self) -> None:
        self.flows: dict[int, Any] = {}
        self.sizes: dict[int, Any] = {}

    def reverse(self, tape: Tape, seeds: list[tuple[Box, Any]]) -> None:
        """Reverses the tape.

        Args:
            tape: of a run.
            seeds: boxes and the derivatives by them, of what is differentiated.
        """
        for box, seed in seeds:
            self.add(box, seed)
        # A step of a dynamic loop may find anything among its operands: what is infinite, and where it is steep.
        # So may one that takes what an atomic found, of which the backward pass has nothing but what was in memory.
        wild = FOUND in tape.reasons or not all(_finite(r) for node in tape.nodes for r in node.results)
        pop = self.flows.pop
        for node in reversed(tape.nodes):
            flows = tuple([pop(id(r), None) for r in node.results])
            if all(map(none, flows)):
                operation = node.operation
                anywhere = operation.steep or (wild and not operation.linear)
                if anywhere and (why := [r for b in (*node.boxes, *node.results) for r in _reasons(tape, node, b)]):
                    self.lose(node, why[0])
                elif (
                    operation.steep
                    or node.limit == ADJOINT
                    or not all(map(_finite, node.results))
                    or any(map(_unbounded, node.results))
                    or (_curved(node) and any(map(_large, node.boxes)))
                ):
                    self.idle(node)
                continue
            for box, flow in zip(node.boxes, self.through(tape, node, flows), strict=True):
                if box.marks & ACTIVE and not none(flow):
                    self.add(box, flow)

    def idle(self, node: Node) -> None:
        """Nothing flows through the step; but nothing times an infinite slope is not a number in a backward pass."""
        if node.limit == ADJOINT:
            self.lose(node)
            return
        if not node.operation.linear and any(map(_unbounded, node.results)):
            self.lose(node, ROUNDING)
            return
        try:
            found = self.slopes(node)
            if node.operation.symmetric:
                _of_symmetric(self.step(node), found[0])
        except _NO_DERIVATIVE as kink:
            self.lose(node, f"no derivative: {kink}")
            return
        if any(f is not None and b.marks & ACTIVE and not _plain(b, f) for b, f in zip(node.boxes, found, strict=True)):
            self.lose(node, OVERFLOW)

    def beyond(self, node: Node, found: list[Any]) -> list[Any]:
        """What flows into the operands; inconclusive where a slope is too large for the type, if only on the way."""
        try:
            slopes = self.slopes(node)
        except _NO_DERIVATIVE:
            return found
        return [
            _overflown(b) if f is not None and s is not None and b.marks & ACTIVE and not _plain(b, s) else f
            for b, f, s in zip(node.boxes, found, slopes, strict=True)
        ]

    def slopes(self, node: Node) -> list[Any]:
        """What numbers about 1 that flow into all components of the results make flow into the operands."""
        ones = tuple([_generic(r.value, n) if r.type in FLOATING else None for n, r in enumerate(node.results)])
        return list(derivatives(self.step(node), ones if len(ones) > 1 else ones[0]))

    def lose(self, node: Node, reason: str = "") -> None:
        """Nothing is known of what flows into the operands."""
        if reason:
            note(reason)
        for box in node.boxes:
            if box.marks & ACTIVE:
                self.add(box, lost(box))

    def add(self, box: Box, flow: Any) -> None:
        """Another flow into an active box."""
        key = id(box)
        known = self.flows.get(key)
        if known is None:
            self.flows[key], self.sizes[key] = flow, abs(flow)
        else:
            total = known + flow
            if total == 0.0 if isinstance(total, float) else not total.all():
                total = np.where((total == 0.0) & ((known != 0.0) | (flow != 0.0)), _CANCELLED, total)[()]
            self.flows[key], self.sizes[key] = total, self.sizes[key] + abs(flow)

    def step(self, node: Node) -> Step:
        """The step at this pass's values."""
        operands, results = tuple(map(_value, node.boxes)), tuple(map(_value, node.results))
        return Step(node.operation.name, node.types, node.f, operands, results if len(results) > 1 else results[0])

    def through(self, tape: Tape, node: Node, flows: tuple[Any, ...]) -> list[Any]:
        """What flows into the operands."""
        step, operation = self.step(node), node.operation
        if len(flows) == 1 and _plain(node.results[0], flows[0]):
            found = _pulled(node, step, flows)
        else:
            flows = tuple(map(_checked, node.results, flows))
            found = _through(node, step, flows)
        if operation.cancels:
            found = [None if f is None else np.where(np.asarray(f) == 0.0, _CANCELLED, f)[()] for f in found]
        if operation.slope is Slope.QUOTIENT and not _plain(node.boxes[0], _largest(flows) * _value(node.boxes[0])):
            found[1] = _overflown(node.boxes[1])  # the adjoint is multiplied by the numerator first
        if _curved(node):
            found = _representable(node, flows, found)
            if any(map(_large, node.boxes)):
                found = self.beyond(node, found)
        if node.limit is not None:
            found = _limited(node, flows, found)
        if operation.linear and not any(map(_is_unknown_index, node.boxes)):
            return found
        return _known(tape, node, found)


def _value(box: Box) -> Any:
    """The value of an operand or a result of a step, in float64; integers and truth values as they are."""
    if box.type in _SCALARS:
        return float(box.value)
    return box.value.astype(np.float64) if box.type in FLOATING else box.value


class Moved(Pass):
    """A reversal with every value moved within its error and a few units in the last place, and every flow rounded.

    Args:
        number: passes of different numbers move the values in other directions.
    """

    def __init__(self, number: int = 0) -> None:
        super().__init__()
        self._random = random.Random(number).random
        self._numbers = np.random.Generator(np.random.PCG64(number)).random

    def idle(self, node: Node) -> None:
        """What is inconclusive, the nominal pass has found."""

    def lose(self, node: Node, reason: str = "") -> None:
        """As :meth:`idle`."""

    def add(self, box: Box, flow: Any) -> None:
        """Another flow into an active box, rounded."""
        part, by = types.scalar(box.type), self._drawn(box)
        flow = flow * (1.0 + 2.0 * EPSILON[part] * by) + TINY[part] * by
        key = id(box)
        known = self.flows.get(key)
        self.flows[key] = flow if known is None else known + flow

    def step(self, node: Node) -> Step:
        """The step at moved values, where its derivative depends on them."""
        if node.operation.linear:
            return super().step(node)
        operands, results = tuple(map(self._moved, node.boxes)), tuple(map(self._moved, node.results))
        return Step(node.operation.name, node.types, node.f, operands, results if len(results) > 1 else results[0])

    def _moved(self, box: Box) -> Any:
        value, error = _value(box), box.error
        if box.type not in FLOATING:
            return value
        move = value * (2.0 * EPSILON[types.scalar(box.type)] * self._drawn(box))
        if type(error) is not float or error:
            move = move + self._drawn(box) * error
        return value + move

    def _drawn(self, box: Box) -> Any:
        """Numbers from -1 to 1, one for each component: moved all alike, a sum would not show what cancels in it."""
        if box.type in _SCALARS:
            return self._random() * 2.0 - 1.0
        return self._numbers(types.shape(box.type)) * 2.0 - 1.0

    def through(self, tape: Tape, node: Node, flows: tuple[Any, ...]) -> list[Any]:
        """What flows into the operands; what is inconclusive, the nominal pass has found."""
        given = flows if len(flows) > 1 else flows[0]
        try:
            found = list(derivatives(self.step(node), given))
        except _NO_DERIVATIVE:
            try:
                found = list(derivatives(Pass.step(self, node), given))
            except _NO_DERIVATIVE:
                return [None] * len(node.boxes)
        if node.operation.cancels:
            return self._cancelled(node, flows, found)
        return self._underflowing(node, flows, found) if not node.operation.linear else found

    def _underflowing(self, node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
        """The flows with what rounding leaves of a slope below the least normal number, as a half's may well be.

        That is next to nothing: such a slope is one over what a half cannot hold.
        """
        if not any(types.scalar(t) is wp.float16 for t in node.types):
            return found
        size = _NORMAL * _largest(flows)
        return [
            flow if flow is None or not box.marks & ACTIVE else flow + _rest(flow, size) * self._drawn(box)
            for box, flow in zip(node.boxes, found, strict=True)
        ]

    def _cancelled(self, node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
        """The flows with what rounding leaves of the terms that they are differences of."""
        operation = node.operation
        largest = [float(np.max(abs(_value(b)))) for b in (*node.boxes, *node.results) if b.type in FLOATING]
        size = max(largest) * _largest(flows)
        if operation.condition is not None:
            size *= operation.condition([_value(b) for b in node.boxes], [_value(r) for r in node.results])
        rest = []
        for box, flow in zip(node.boxes, found, strict=True):
            if box.marks & ACTIVE and flow is not None:
                least = float(np.max(abs(_value(box)))) or 1.0
                flow = flow + operation.units * EPSILON[types.scalar(box.type)] * self._drawn(box) * size / least
            rest.append(flow)
        return rest


def _largest(flows: tuple[Any, ...]) -> float:
    return max(float(np.max(abs(f))) for f in flows if f is not None)


def _rest(flow: Any, least: float) -> Any:
    """Of what is below the least number all may be lost, and of what is not, a step of the numbers below."""
    return np.where(abs(flow) < least, least, least * EPSILON[wp.float16])[()]


def _finite(box: Box) -> bool:
    return math.isfinite(box.value) if box.type in _SCALARS else bool(np.isfinite(box.value).all())


def _checked(box: Box, flow: Any) -> Any:
    """The flow; one that is too large for the type of the box is inconclusive."""
    if flow is None:
        return None
    size = abs(flow) if isinstance(flow, float) else abs(flow).max()
    return _overflown(box) if size > most(box.type) else flow


def _overflown(box: Box) -> Any:
    """A flow that is too large for the type."""
    note(OVERFLOW)
    return lost(box)


def _plain(box: Box, flow: Any) -> bool:
    """Whether the flow is a number, or all its components are, of a size that the type of the box can hold."""
    return bool((abs(flow) if isinstance(flow, float) else abs(flow).max()) <= most(box.type))


def _curved(node: Node) -> bool:
    """Whether a derivative depends on more than the other operands: that of a product of transforms on the first."""
    if node.operation.slope is Slope.PRODUCT:
        return any(types.kind(b.type) == "transform" for b in node.boxes)
    return not node.operation.linear


def _large(box: Box) -> bool:
    """Whether the product of a few such values may be more than their type can hold."""
    return box.type in FLOATING and bool(np.max(abs(_value(box))) > most(box.type) ** 0.25)


def _representable(node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
    """What flows into the operands; a slope that is too large for the type is inconclusive, however little flows."""
    size = _largest(flows)
    if not 0.0 < size < 1.0:
        return found
    return [
        _checked(box, f / size) * size if f is not None and box.marks & ACTIVE else f
        for box, f in zip(node.boxes, found, strict=True)
    ]


def _through(node: Node, step: Step, flows: tuple[Any, ...]) -> list[Any]:
    """What flows into the operands, inconclusive where what is inconclusive reaches."""
    if not any(f is not None and np.isnan(f).any() for f in flows):
        return _pulled(node, step, flows)
    if not node.operation.sparse_slope:  # each operand gets something, if only nothing times what is not known
        return [lost(b) if b.type in FLOATING else None for b in node.boxes]
    clear = tuple(None if f is None else np.where(np.isnan(f), 0.0, f)[()] for f in flows)
    # Numbers of which no few cancel, here too: of what is not known no difference is zero.
    count = len(step.operands)
    unclear = tuple(
        None if f is None else np.where(np.isnan(f), _generic(f, count + n), 0.0)[()] for n, f in enumerate(flows)
    )
    # Nothing times what may be infinite is not nothing, so that zeros among the factors do not count.
    anywhere = step
    if node.operation.slope in _OF_FACTORS:
        operands = tuple([_generic(x, n) for n, x in enumerate(step.operands)])
        anywhere = replace(step, operands=operands, result=_generic(step.result, count + len(flows)))
    pairs = zip(_pulled(node, step, clear), _pulled(node, anywhere, unclear), strict=True)
    return [_unknown_where(f, reached) for f, reached in pairs]


_IRRATIONAL = tuple(math.sqrt(p) for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29))


def _generic(x: Any, number: int) -> Any:
    """Numbers of that shape of which no few cancel, nor with those of another ``number``."""
    multiples = np.arange(1, 1 + np.size(x)) * _IRRATIONAL[number % len(_IRRATIONAL)]
    return np.reshape(1.0 + np.modf(multiples)[0], np.shape(x))[()]


def _pulled(node: Node, step: Step, flows: tuple[Any, ...]) -> list[Any]:
    try:
        found = list(derivatives(step, flows if len(flows) > 1 else flows[0]))
        return [_of_symmetric(step, found[0])] if node.operation.symmetric else found
    except _NO_DERIVATIVE as kink:
        note(f"no derivative: {kink}")
        return [lost(b) if b.type in FLOATING else None for b in node.boxes]


def _of_symmetric(step: Step, flow: Any) -> Any:
    """The flow into a matrix that has to be symmetric; by one of two opposite entries there is no derivative."""
    a = step.operands[0]
    if not np.array_equal(a, a.T):
        raise Kink(f"{step.name} of a matrix that is not symmetric")
    # Whoever differentiates may give all to one of the two, or a share to each, if only of what adds up to nothing.
    note(f"no derivative: {step.name} by one of two opposite entries")
    return np.where(np.eye(len(flow), dtype=bool), flow, np.nan)


def _unknown_where(flow: Any, reached: Any) -> Any:
    """The flow, inconclusive in the components that something else reaches."""
    return None if flow is None else np.where(np.asarray(reached) != 0, np.nan, flow)[()]


def _limited(node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
    """What flows into the operands, inconclusive where the step's limit says so."""
    if node.limit == REASSIGNED:
        # What flows into the new value goes to the old one as well.
        which = 0 if node.operation.sets else 1
        unknown = list(found)
        unknown[which] = _unknown_where(found[which], (found[which] == 0) & (flows[0] != 0))
    elif node.limit == OVERWRITTEN and len(flows) == 1:  # either operand may be taken for the one that counts
        through = np.asarray(flows[0]) != 0
        same = [f is not None and np.shape(f) == through.shape for f in found]
        unknown = [_unknown_where(f, through if s else f) for f, s in zip(found, same, strict=True)]
    elif node.limit == IN_PLACE and len(flows) == 1:  # either operand may be another by then
        arrives = bool(np.any(np.asarray(flows[0]) != 0))
        unknown = [lost(b) if arrives and f is not None else f for b, f in zip(node.boxes, found, strict=True)]
    elif node.limit == ADJOINT:  # also into components that nothing flows through
        unknown = [lost(b) if b.marks & ACTIVE else f for b, f in zip(node.boxes, found, strict=True)]
    elif node.limit == LOOP:  # an index is stale, so that it goes elsewhere
        unknown = [None if f is None or none(f) else lost(b) for b, f in zip(node.boxes, found, strict=True)]
    else:
        unknown = [_unknown_where(f, f) for f in found]
    if any(_more(b, d, f) for b, d, f in zip(node.boxes, unknown, found, strict=True)):
        note(node.limit or "")
    return unknown


def _more(box: Box, unknown: Any, found: Any) -> bool:
    """Whether a derivative that someone asks for has become inconclusive."""
    if not box.marks & ACTIVE or found is None or unknown is None:
        return False
    return bool(np.any(np.isnan(unknown) & ~np.isnan(found)))


def _known(tape: Tape, node: Node, flows: list[Any]) -> list[Any]:
    """The flows into the operands, inconclusive where they depend on a value that nobody knows.

    Either Warp's backward pass does not have it any more, or it depends on rounding.
    """
    unbounded = any(map(_unbounded, node.results))
    if not node.changed and not unbounded and not any(b.marks & STALE or _unbounded(b) for b in node.boxes):
        return flows
    unknown = [_reasons(tape, node, b) for b in node.boxes]
    if unbounded:
        unknown.append((ROUNDING,))
    if any(r is c for r in node.results for c in node.changed):  # Warp may take the derivative from the result
        unknown.append(tuple(tape.reasons))
    if not any(unknown):
        return flows
    slope = node.operation.slope
    for i, box in enumerate(node.boxes):
        others = [u for j, u in enumerate(unknown) if j != i]
        linear = (slope is Slope.PRODUCT and (i or not _curved(node))) or (slope is Slope.QUOTIENT and i == 0)
        depends = others[: len(node.boxes) - 1] if linear else unknown
        if box.marks & ACTIVE and any(depends):
            for reason in (r for reasons in depends for r in reasons):
                note(reason)
            flows[i] = lost(box)
    return flows


def _reasons(tape: Tape, node: Node, box: Box) -> tuple[str, ...]:
    """Why the value of the operand is not known when the step is reversed, if it is not."""
    if box.marks & STALE or (node.changed and any(box is c for c in node.changed)):
        return tuple(tape.reasons)
    return (ROUNDING,) if _unbounded(box) else ()


def _is_unknown_index(box: Box) -> bool:
    """Whether it is an index of which nothing is known."""
    return box.type not in FLOATING and _unbounded(box)


def _unbounded(box: Box) -> bool:
    error = box.error
    if type(error) is float:
        return error == INF
    return not math.isfinite(error.sum()) and bool(np.isinf(error).any())
