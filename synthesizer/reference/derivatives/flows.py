"""What flows back through one step of the tape, and where it is inconclusive."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.operation import Slope
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import FLOATS, Value
from warpsmith.synthesizer.reference.derivatives.pullback import Kink, OperationStep, derivatives
from warpsmith.synthesizer.reference.derivatives.tape import (
    ADJOINT,
    FLOATING,
    IN_PLACE,
    LOOP,
    OBSERVED,
    OVERWRITTEN,
    REASSIGNED,
    ROUNDING,
    Node,
    Tape,
)
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, INF, STALE, Box, note

OVERFLOW = "a derivative overflows"

SCALARS = frozenset(FLOATS)

_OF_FACTORS = frozenset((Slope.PRODUCT, Slope.QUOTIENT, Slope.INTERPOLATION))
"""Slopes that are products of operands, of which any may be zero."""

NO_DERIVATIVE = (Kink, np.linalg.LinAlgError)

CANCELLED = 1e-200
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


def value_of(box: Box) -> Any:
    """The value of an operand or a result of a step, in float64; integers and truth values as they are."""
    if box.type in SCALARS:
        return float(box.value)
    return box.value.astype(np.float64) if box.type in FLOATING else box.value


def largest(flows: tuple[Any, ...]) -> float:
    """The size of the largest component that flows."""
    return max(float(np.max(abs(f))) for f in flows if f is not None)


def is_finite(box: Box) -> bool:
    """Whether all components of the value are finite."""
    return math.isfinite(box.value) if box.type in SCALARS else bool(np.isfinite(box.value).all())


def checked(box: Box, flow: Any) -> Any:
    """The flow; one that is too large for the type of the box is inconclusive."""
    if flow is None:
        return None
    size = abs(flow) if isinstance(flow, float) else abs(flow).max()
    return overflown(box) if size > most(box.type) else flow


def overflown(box: Box) -> Any:
    """A flow that is too large for the type."""
    note(OVERFLOW)
    return lost(box)


def fits(box: Box, flow: Any) -> bool:
    """Whether the flow is a number, or all its components are, of a size that the type of the box can hold."""
    return bool((abs(flow) if isinstance(flow, float) else abs(flow).max()) <= most(box.type))


def is_curved(node: Node) -> bool:
    """Whether a derivative depends on more than the other operands: that of a product of transforms on the first."""
    if node.operation.slope is Slope.PRODUCT:
        return any(types.kind(b.type) == "transform" for b in node.boxes)
    return not node.operation.linear


def is_large(box: Box) -> bool:
    """Whether the product of a few such values may be more than their type can hold."""
    return box.type in FLOATING and bool(np.max(abs(value_of(box))) > most(box.type) ** 0.25)


def representable(node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
    """What flows into the operands; a slope that is too large for the type is inconclusive, however little flows."""
    size = largest(flows)
    if not 0.0 < size < 1.0:
        return found
    return [
        checked(box, f / size) * size if f is not None and box.marks & ACTIVE else f
        for box, f in zip(node.boxes, found, strict=True)
    ]


def through_step(node: Node, step: OperationStep, flows: tuple[Any, ...]) -> list[Any]:
    """What flows into the operands, inconclusive where what is inconclusive reaches."""
    if not any(f is not None and np.isnan(f).any() for f in flows):
        return pulled(node, step, flows)
    if not node.operation.sparse_slope:  # each operand gets something, if only nothing times what is not known
        return [lost(b) if b.type in FLOATING else None for b in node.boxes]
    clear = tuple(None if f is None else np.where(np.isnan(f), 0.0, f)[()] for f in flows)
    # Numbers of which no few cancel, here too: of what is not known no difference is zero.
    count = len(step.operands)
    unclear = tuple(
        None if f is None else np.where(np.isnan(f), generic(f, count + n), 0.0)[()] for n, f in enumerate(flows)
    )
    # Nothing times what may be infinite is not nothing, so that zeros among the factors do not count.
    anywhere = step
    if node.operation.slope in _OF_FACTORS:
        operands = tuple([generic(x, n) for n, x in enumerate(step.operands)])
        anywhere = replace(step, operands=operands, result=generic(step.result, count + len(flows)))
    pairs = zip(pulled(node, step, clear), pulled(node, anywhere, unclear), strict=True)
    return [unknown_where(f, reached) for f, reached in pairs]


_IRRATIONAL = tuple(math.sqrt(p) for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29))


def generic(x: Any, number: int) -> Any:
    """Numbers of that shape of which no few cancel, nor with those of another ``number``."""
    multiples = np.arange(1, 1 + np.size(x)) * _IRRATIONAL[number % len(_IRRATIONAL)]
    return np.reshape(1.0 + np.modf(multiples)[0], np.shape(x))[()]


def pulled(node: Node, step: OperationStep, flows: tuple[Any, ...]) -> list[Any]:
    """What flows into the operands; inconclusive where there is no derivative."""
    try:
        found = list(derivatives(step, flows if len(flows) > 1 else flows[0]))
        return [of_symmetric(step, found[0])] if node.operation.symmetric else found
    except NO_DERIVATIVE as kink:
        note(f"no derivative: {kink}")
        return [lost(b) if b.type in FLOATING else None for b in node.boxes]


def of_symmetric(step: OperationStep, flow: Any) -> Any:
    """The flow into a matrix that has to be symmetric; by one of two opposite entries there is no derivative."""
    a = step.operands[0]
    if not np.array_equal(a, a.T):
        raise Kink(f"{step.name} of a matrix that is not symmetric")
    # Whoever differentiates may give all to one of the two, or a share to each, if only of what adds up to nothing.
    note(f"no derivative: {step.name} by one of two opposite entries")
    return np.where(np.eye(len(flow), dtype=bool), flow, np.nan)


def unknown_where(flow: Any, reached: Any) -> Any:
    """The flow, inconclusive in the components that something else reaches."""
    return None if flow is None else np.where(np.asarray(reached) != 0, np.nan, flow)[()]


def limited(node: Node, flows: tuple[Any, ...], found: list[Any]) -> list[Any]:
    """What flows into the operands, inconclusive where the step's limit says so."""
    if node.limit == REASSIGNED:
        # What flows into the new value goes to the old one as well.
        which = 0 if node.operation.sets else 1
        unknown = list(found)
        unknown[which] = unknown_where(found[which], (found[which] == 0) & (flows[0] != 0))
    elif node.limit == OVERWRITTEN and len(flows) == 1:  # either operand may be taken for the one that counts
        through = np.asarray(flows[0]) != 0
        same = [f is not None and np.shape(f) == through.shape for f in found]
        unknown = [unknown_where(f, through if s else f) for f, s in zip(found, same, strict=True)]
    elif node.limit == IN_PLACE and len(flows) == 1:  # either operand may be another by then
        arrives = bool(np.any(np.asarray(flows[0]) != 0))
        unknown = [lost(b) if arrives and f is not None else f for b, f in zip(node.boxes, found, strict=True)]
    elif node.limit == OBSERVED or node.limit == ADJOINT:
        unknown = [lost(b) if b.marks & ACTIVE else f for b, f in zip(node.boxes, found, strict=True)]
    elif node.limit == LOOP:  # an index is stale, so that it goes elsewhere
        unknown = [None if f is None or none(f) else lost(b) for b, f in zip(node.boxes, found, strict=True)]
    else:
        unknown = [unknown_where(f, f) for f in found]
    if any(_more(b, d, f) for b, d, f in zip(node.boxes, unknown, found, strict=True)):
        note(node.limit or "")
    return unknown


def _more(box: Box, unknown: Any, found: Any) -> bool:
    """Whether a derivative that someone asks for has become inconclusive."""
    if not box.marks & ACTIVE or found is None or unknown is None:
        return False
    return bool(np.any(np.isnan(unknown) & ~np.isnan(found)))


def only_known(tape: Tape, node: Node, flows: list[Any]) -> list[Any]:
    """The flows into the operands, inconclusive where they depend on a value that nobody knows.

    Either Warp's backward pass does not have it any more, or it depends on rounding.
    """
    unbounded = any(map(is_unbounded, node.results))
    if not node.changed and not unbounded and not any(b.marks & STALE or is_unbounded(b) for b in node.boxes):
        return flows
    unknown = [reasons(tape, node, b) for b in node.boxes]
    if unbounded:
        unknown.append((ROUNDING,))
    if any(r is c for r in node.results for c in node.changed):  # Warp may take the derivative from the result
        unknown.append(tuple(tape.reasons))
    if not any(unknown):
        return flows
    slope = node.operation.slope
    for i, box in enumerate(node.boxes):
        others = [u for j, u in enumerate(unknown) if j != i]
        linear = (slope is Slope.PRODUCT and (i or not is_curved(node))) or (slope is Slope.QUOTIENT and i == 0)
        depends = others[: len(node.boxes) - 1] if linear else unknown
        if box.marks & ACTIVE and any(depends):
            for reason in (r for reasons in depends for r in reasons):
                note(reason)
            flows[i] = lost(box)
    return flows


def reasons(tape: Tape, node: Node, box: Box) -> tuple[str, ...]:
    """Why the value of the operand is not known when the step is reversed, if it is not."""
    if box.marks & STALE or (node.changed and any(box is c for c in node.changed)):
        return tuple(tape.reasons)
    return (ROUNDING,) if is_unbounded(box) else ()


def is_unknown_index(box: Box) -> bool:
    """Whether it is an index of which nothing is known."""
    return box.type not in FLOATING and is_unbounded(box)


def is_unbounded(box: Box) -> bool:
    """Whether nothing is known of a component of the value."""
    error = box.error
    if type(error) is float:
        return error == INF
    return not math.isfinite(error.sum()) and bool(np.isinf(error).any())
