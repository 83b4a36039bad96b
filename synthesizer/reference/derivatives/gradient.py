"""The gradients of a run by its arguments, with error bounds.

How far off a correct backward pass in the program's own types may be, shows in the difference to a pass at moved values
and rounded flows, and in the size of all that flows into a gradient.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations.rounding import EPSILON, TINY
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.inputs import columns, gradient_layout
from warpsmith.synthesizer.reference.derivatives.flows import LITTLE, most
from warpsmith.synthesizer.reference.derivatives.moved import Moved
from warpsmith.synthesizer.reference.derivatives.reverse import Pass
from warpsmith.synthesizer.reference.derivatives.tape import Tape
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, Box
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.structs import leaves

FACTOR = 4.0
"""How much of the difference between the passes is allowed."""

ULPS = 32.0
"""How many units in the last place of all that flows into a gradient are allowed in addition."""

Gradient = tuple[Any, Any]
"""A gradient and its error bound, shaped like the data; 0 and infinite where it is inconclusive."""


def gradients(tape: Tape, arguments: list[Any], adjoints: list[Any], looks: int = 1) -> list[Gradient | None]:
    """The gradients by the launch's arguments; ``None`` for one that has none, or that may be written to.

    Args:
        tape: of the launch.
        arguments: boxes and arrays.
        adjoints: derivatives by the contents of the arrays afterwards; ``None`` for zeros.
        looks: passes at moved values; in a single one, what rounding adds may cancel by chance.
    """
    given = [
        s for a, adjoint in zip(arguments, adjoints, strict=True) if adjoint is not None for s in _given(a, adjoint)
    ]
    nominal, moved = Pass(), [Moved(i) for i in range(looks)]
    nominal.reverse(tape, given)
    for look in moved:
        look.reverse(tape, [(box, np.nan_to_num(adjoint)[()]) for box, adjoint in given])
    return [_gradient(tape, a, adjoint, nominal, moved) for a, adjoint in zip(arguments, adjoints, strict=True)]


def _given(array: Any, adjoint: Any) -> list[tuple[Box, Any]]:
    """The active elements afterwards, and the derivatives by them."""
    if not isinstance(array, Memory) or not types.differentiable(array.type.dtype):
        return []
    given, pairs = dict(columns(np.asarray(adjoint))), []
    for k in sorted(array.changed):
        for path, box in leaves(array.cell(k)):
            if box.marks & ACTIVE:
                flow = given[path].astype(np.float64).reshape(-1, *types.shape(box.type))[k][()]
                if flow.any():
                    pairs.append((box, flow * np.nan if array.unsure(k) else flow))
    return pairs


def _gradient(tape: Tape, array: Any, adjoint: Any, nominal: Pass, moved: list[Moved]) -> Gradient | None:
    # By what an array held before it was written to, nothing is asked: see "Array Overwrites" on Warp's page
    # "Differentiability".
    if not isinstance(array, Memory) or not types.differentiable(array.type.dtype) or array.watched:
        return None
    count, t = int(np.prod(array.shape)), gradient_layout(array.type.dtype)
    values, errors = np.zeros(count, t), np.zeros(count, t)
    by, bounds = dict(columns(values)), dict(columns(errors))
    for bound in bounds.values():
        bound[...] = np.inf if tape.path_unknown else 0.0
    for k in array.touched():
        for path, box in leaves(array.cell(k)):
            key = id(box)
            if any(key in look.flows for look in (nominal, *moved)):  # what cancels is missing from one of them
                others = [look.flows.get(key, 0.0) for look in moved]
                value, error = _bounded(box.type, nominal.flows.get(key, 0.0), nominal.sizes.get(key, 0.0), others)
                by[path][k], bounds[path][k] = value, np.maximum(bounds[path][k], error)
    for path, own in columns(np.asarray(adjoint)) if adjoint is not None else ():
        by[path] += own.reshape(by[path].shape)
    extent = values.shape[1:]  # of components; NumPy makes axes of them
    return values.reshape(*array.shape, *extent), errors.reshape(*array.shape, *extent)


def _bounded(t: Value, value: Any, size: Any, moved: list[Any]) -> Gradient:
    """One element's derivative and its bound."""
    part = types.scalar(t)
    value = np.where(abs(np.asarray(value)) < LITTLE, 0.0, value)[()]
    apart = reduce(np.maximum, (abs(other - value) for other in moved))  # what is missing is 0, of whatever shape
    error = FACTOR * apart + ULPS * (EPSILON[part] * size + TINY[part])
    unknown = ~np.isfinite(error) | (abs(value) > most(t))
    return np.where(unknown, 0.0, value), np.where(unknown, np.inf, error)
