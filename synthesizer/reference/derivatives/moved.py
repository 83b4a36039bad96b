"""Reverse mode at values moved as rounding may move them, with flows that are rounded."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations.rounding import EPSILON, TINY
from warpsmith.synthesizer.reference.derivatives.flows import NO_DERIVATIVE, SCALARS, largest, value_of
from warpsmith.synthesizer.reference.derivatives.pullback import OperationStep, derivatives
from warpsmith.synthesizer.reference.derivatives.reverse import Pass
from warpsmith.synthesizer.reference.derivatives.tape import (
    FLOATING,
    Node,
    Tape,
)
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, Box

_NORMAL = float(np.finfo(np.float16).smallest_normal)


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

    def step(self, node: Node) -> OperationStep:
        """The step at moved values, where its derivative depends on them."""
        if node.operation.linear:
            return super().step(node)
        operands, results = tuple(map(self._moved, node.boxes)), tuple(map(self._moved, node.results))
        result = results if len(results) > 1 else results[0]
        return OperationStep(node.operation.name, node.types, node.f, operands, result, node.rule)

    def _moved(self, box: Box) -> Any:
        value, error = value_of(box), box.error
        if box.type not in FLOATING:
            return value
        move = value * (2.0 * EPSILON[types.scalar(box.type)] * self._drawn(box))
        if type(error) is not float or error:
            move = move + self._drawn(box) * error
        return value + move

    def _drawn(self, box: Box) -> Any:
        """Numbers from -1 to 1, one for each component: moved all alike, a sum would not show what cancels in it."""
        if box.type in SCALARS:
            return self._random() * 2.0 - 1.0
        return self._numbers(types.shape(box.type)) * 2.0 - 1.0

    def through(self, tape: Tape, node: Node, flows: tuple[Any, ...]) -> list[Any]:
        """What flows into the operands; what is inconclusive, the nominal pass has found."""
        given = flows if len(flows) > 1 else flows[0]
        try:
            found = list(derivatives(self.step(node), given))
        except NO_DERIVATIVE:
            try:
                found = list(derivatives(Pass.step(self, node), given))
            except NO_DERIVATIVE:
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
        size = _NORMAL * largest(flows)
        return [
            flow if flow is None or not box.marks & ACTIVE else flow + rest_of(flow, size) * self._drawn(box)
            for box, flow in zip(node.boxes, found, strict=True)
        ]

    def _cancelled(self, node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
        """The flows with what rounding leaves of the terms that they are differences of."""
        operation = node.operation
        sizes = [float(np.max(abs(value_of(b)))) for b in (*node.boxes, *node.results) if b.type in FLOATING]
        size = max(sizes) * largest(flows)
        if operation.condition is not None:
            size *= operation.condition([value_of(b) for b in node.boxes], [value_of(r) for r in node.results])
        rest = []
        for box, flow in zip(node.boxes, found, strict=True):
            if box.marks & ACTIVE and flow is not None:
                least = float(np.max(abs(value_of(box)))) or 1.0
                flow = flow + operation.units * EPSILON[types.scalar(box.type)] * self._drawn(box) * size / least
            rest.append(flow)
        return rest


def rest_of(flow: Any, least: float) -> Any:
    """Of what is below the least number all may be lost, and of what is not, a step of the numbers below."""
    return np.where(abs(flow) < least, least, least * EPSILON[wp.float16])[()]
