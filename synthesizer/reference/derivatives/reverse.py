"""Reverse mode over the tape, at the values that the program computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.operations.operation import Slope
from warpsmith.synthesizer.reference.derivatives.flows import (
    CANCELLED,
    NO_DERIVATIVE,
    OVERFLOW,
    checked,
    fits,
    generic,
    is_curved,
    is_finite,
    is_large,
    is_unbounded,
    is_unknown_index,
    largest,
    limited,
    lost,
    none,
    of_symmetric,
    only_known,
    overflown,
    pulled,
    reasons,
    representable,
    through_step,
    value_of,
)
from warpsmith.synthesizer.reference.derivatives.pullback import OperationStep, derivatives
from warpsmith.synthesizer.reference.derivatives.tape import (
    ADJOINT,
    FLOATING,
    FOUND,
    ROUNDING,
    Node,
    Tape,
)
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, Box, note


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
        wild = FOUND in tape.reasons or not all(is_finite(r) for node in tape.nodes for r in node.results)
        pop = self.flows.pop
        for node in reversed(tape.nodes):
            flows = tuple([pop(id(r), None) for r in node.results])
            if all(map(none, flows)):
                operation = node.operation
                anywhere = operation.steep or (wild and not operation.linear)
                if anywhere and (why := [r for b in (*node.boxes, *node.results) for r in reasons(tape, node, b)]):
                    self.lose(node, why[0])
                elif (
                    operation.steep
                    or node.limit == ADJOINT
                    or not all(map(is_finite, node.results))
                    or any(map(is_unbounded, node.results))
                    or (is_curved(node) and any(map(is_large, node.boxes)))
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
        if not node.operation.linear and any(map(is_unbounded, node.results)):
            self.lose(node, ROUNDING)
            return
        try:
            found = self.slopes(node)
            if node.operation.symmetric:
                of_symmetric(self.step(node), found[0])
        except NO_DERIVATIVE as kink:
            self.lose(node, f"no derivative: {kink}")
            return
        if any(f is not None and b.marks & ACTIVE and not fits(b, f) for b, f in zip(node.boxes, found, strict=True)):
            self.lose(node, OVERFLOW)

    def beyond(self, node: Node, found: list[Any]) -> list[Any]:
        """What flows into the operands; inconclusive where a slope is too large for the type, if only on the way."""
        try:
            slopes = self.slopes(node)
        except NO_DERIVATIVE:
            return found
        return [
            overflown(b) if f is not None and s is not None and b.marks & ACTIVE and not fits(b, s) else f
            for b, f, s in zip(node.boxes, found, slopes, strict=True)
        ]

    def slopes(self, node: Node) -> list[Any]:
        """What numbers about 1 that flow into all components of the results make flow into the operands."""
        ones = tuple([generic(r.value, n) if r.type in FLOATING else None for n, r in enumerate(node.results)])
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
                total = np.where((total == 0.0) & ((known != 0.0) | (flow != 0.0)), CANCELLED, total)[()]
            self.flows[key], self.sizes[key] = total, self.sizes[key] + abs(flow)

    def step(self, node: Node) -> OperationStep:
        """The step at this pass's values."""
        operands, results = tuple(map(value_of, node.boxes)), tuple(map(value_of, node.results))
        result = results if len(results) > 1 else results[0]
        return OperationStep(node.operation.name, node.types, node.f, operands, result, node.rule)

    def through(self, tape: Tape, node: Node, flows: tuple[Any, ...]) -> list[Any]:
        """What flows into the operands."""
        step, operation = self.step(node), node.operation
        if len(flows) == 1 and fits(node.results[0], flows[0]):
            found = pulled(node, step, flows)
        else:
            flows = tuple(map(checked, node.results, flows))
            found = through_step(node, step, flows)
        if operation.cancels:
            found = [None if f is None else np.where(np.asarray(f) == 0.0, CANCELLED, f)[()] for f in found]
        if operation.slope is Slope.QUOTIENT and not fits(node.boxes[0], largest(flows) * value_of(node.boxes[0])):
            found[1] = overflown(node.boxes[1])  # the adjoint is multiplied by the numerator first
        if is_curved(node):
            found = representable(node, flows, found)
            if any(map(is_large, node.boxes)):
                found = self.beyond(node, found)
        if node.limit is not None:
            found = limited(node, flows, found)
        if operation.linear and not any(map(is_unknown_index, node.boxes)):
            return found
        return only_known(tape, node, found)
