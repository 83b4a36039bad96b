"""What exact derivatives are written with.

A rule turns the adjoint of a step's result into those of its operands. It is the derivative of the *meaning*, on real
numbers, written down from calculus; ``tests/synthesizer/test_pullback.py`` compares each with difference quotients.

What is *near* a corner or a jump is decided by the type that Warp computes in, since a value there is off by a few of
its units in the last place: see :data:`NEAR`. A corner with an adjoint of zero counts for nothing: whichever slope
one takes, the product is zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.types import Value


@dataclass(slots=True)
class OperationStep:
    """One operation of a program's run.

    Attributes:
        name: the builtin's key in Warp's registry (``"add"``, ``"quat_rotate"``), or a construct of ours.
        types: Warp types of the operands.
        f: the meaning, on ``operands``; polymorphic in the dtype of floats.
        operands: float64 scalars (or Python's) and arrays; integers and truth values as they are.
        result: ``f(*operands)``: a float64 scalar or array, or a tuple of several results.
        rule: how it is differentiated, where a program itself says so.
    """

    name: str
    types: tuple[Value, ...]
    f: Callable[..., Any]
    operands: tuple[Any, ...]
    result: Any
    rule: Rule | None = None


class Kink(Exception):
    """No derivative here: a tie, a corner, a jump, a singular point; or rounding decides on which side one is."""


Gradients: TypeAlias = tuple[Any, ...]
"""One entry per operand, shaped like it; ``None`` for an operand that is not float."""

Rule: TypeAlias = Callable[[OperationStep, Any], Gradients]
Maker: TypeAlias = Callable[[tuple[Value, ...]], Rule]
"""The rule of a builtin for operands of those types, at least one of them float."""

ULPS = 8
NEAR: dict[Value, float] = {t: ULPS * 2.0**-n for t, n in zip(types.FLOATS, (23, 43, 10, 7), strict=True)}
"""How near a corner counts as on it, relative to the operands, or to 1 where they are smaller.

Eight units in the last place of float32, float16 and bfloat16. The reference itself computes in float64, with errors
of its own there: float64 has 2^-40.
"""


def near(operands: tuple[Value, ...]) -> float:
    """The :data:`NEAR` of the coarsest type among them."""
    return max(NEAR[s] for s in map(types.scalar, filter(is_float, operands)) if s in NEAR)


def is_float(t: object) -> bool:
    """Whether values of the type have floating-point components; arrays and structs are no values here."""
    return isinstance(t, type) and types.scalar(t) in NEAR


def is_number(t: Value) -> bool:
    """Whether the type is a scalar's."""
    return types.shape(t) == ()


def zero(x: Any) -> Any:
    """The gradient of an operand that does not matter."""
    return np.zeros(np.shape(x)) if np.ndim(x) else 0.0


def weighted(t: Value, g: Any, x: Any) -> Any:
    """``g x``, summed where a scalar of type ``t`` was repeated for every component."""
    return float(np.vdot(g, x)) if is_number(t) else g * x


def lifted(operands: tuple[Value, ...], f: Callable[..., tuple[float, ...]]) -> Rule:
    """The rule of a component-wise operation, from that of numbers: the adjoint and the operands to the gradients."""

    def numbers(step: OperationStep, g: Any) -> Gradients:
        return f(float(g), *map(float, step.operands))

    def components(step: OperationStep, g: Any) -> Gradients:
        columns = (x.ravel().tolist() for x in (g, *step.operands))
        gradients = zip(*(f(*xs) for xs in zip(*columns, strict=True)), strict=True)
        return tuple(np.array(of_x).reshape(g.shape) for of_x in gradients)

    return numbers if is_number(operands[0]) else components


def cross(a: Any, b: Any) -> Any:
    """The cross product; faster than NumPy's for three components."""
    (p, q, r), (x, y, z) = a.tolist(), b.tolist()
    return np.array([q * z - r * y, r * x - p * z, p * y - q * x])


def vee(m: Any) -> Any:
    """For the matrix S with ``S x = cross(v, x)``: what comes back to ``v``."""
    return np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])


def of_direction(a: Any, g: Any) -> Any:
    """For ``a`` divided by its length: what comes back to ``a``."""
    norm = math.sqrt(a.dot(a))
    n = a / norm
    return (g - n * n.dot(g)) / norm


def adjoints(step: OperationStep, g: Any) -> list[Any]:
    """The adjoints of several results, zero for those that have none."""
    return [np.zeros(np.shape(y)) if h is None else h for y, h in zip(step.result, g, strict=True)]


def tie(a: float, b: float, eps: float) -> bool:
    """Whether two numbers are too near each other to tell which is larger; also where one is NaN."""
    return not abs(a - b) > eps * max(1.0, abs(a), abs(b))


def untyped(rule: Rule) -> Maker:
    """A rule that is the same for all types."""
    return lambda operands: rule


SAME = untyped(lambda step, g: (g,))
"""Of what yields its operand."""

SCALE: Rule = lambda step, g: (g * step.operands[1], g * step.operands[0])  # noqa: E731
"""Of a product of two operands of the same shape, component by component, or of a scalar product."""


SlopeOf: TypeAlias = Callable[[float, float], float]
"""The derivative of a function of one number, from the operand and the result."""

Inside: TypeAlias = Callable[[float, float, float], bool]
"""Whether a point, with its result and how near counts as near, is not where the slope is infinite."""


def smooth(slope: SlopeOf, inside: Inside | None = None) -> Maker:
    """Of a function of one number.

    Args:
        slope: its derivative.
        inside: where it has one; everywhere by default.
    """

    def make(operands: tuple[Value, ...]) -> Rule:
        eps = near(operands)

        def rule(step: OperationStep, g: Any) -> Gradients:
            x, y = float(step.operands[0]), float(step.result)
            if not math.isfinite(x) or (inside is not None and not inside(x, y, eps)):
                raise Kink(f"{step.name} at {x}")
            return (float(g) * slope(x, y),)

        return rule

    return make


def stepping(name: str, jump: Callable[[float], float], slope: float = 0.0) -> Maker:
    """Of a function of numbers that is straight between its jumps.

    Args:
        name: its own.
        jump: the jump that is nearest to a number.
        slope: between the jumps.
    """

    def make(operands: tuple[Value, ...]) -> Rule:
        eps = near(operands)

        def number(g: float, x: float) -> tuple[float]:
            if g and not (math.isfinite(x) and abs(x - jump(x)) > eps * max(1.0, abs(x))):
                raise Kink(f"{name} at a jump")
            return (g * slope,)

        return lifted(operands, number)

    return make
