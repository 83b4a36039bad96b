"""Operators and the component-wise builtins, with C's arithmetic: integers wrap, ``/`` and ``%`` truncate, halves round
at every step. Only ``//`` floors (Warp's documentation; for floats it is ``floor(a / b)``, not Python's).

C leaves integer division by zero and shifts too far open (C17 6.5.5, 6.5.7), and so does Warp, which compiles to C++.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations.bounds import WORKING, spread_of
from warpsmith.grammar.operations.conversion import RANGES
from warpsmith.grammar.operations.derivative import (
    SCALE,
    Gradients,
    Kink,
    Maker,
    OperationStep,
    Rule,
    is_number,
    lifted,
    near,
    tie,
    untyped,
    weighted,
)
from warpsmith.grammar.operations.matrix import matmul, product_rule_of_matrices
from warpsmith.grammar.operations.operation import Formula, Guard, GuardMaker, Interval, Operation, Slope, rearranging
from warpsmith.grammar.operations.quaternion import multiply, product_of_sizes, product_rule
from warpsmith.grammar.operations.ranges import corners, quotient, remainder, whole_quotient
from warpsmith.grammar.operations.rounding import CORRECT, EXACT, FORMULA, Bounded, Rounding, fused
from warpsmith.grammar.operations.scalar import clamp, toward_zero
from warpsmith.grammar.operations.transform import compose, composition_of_sizes, composition_rule
from warpsmith.grammar.operations.values import dtype_of, is_float, plain, round_bfloat16
from warpsmith.grammar.types import Value

# --- meanings --------------------------------------------------------------------------------------------------------


def divide(a: Any, b: Any) -> Any:
    """``a / b``; integers truncate toward zero (C17 6.5.5)."""
    if is_float(a):
        return a / b
    quotient = a // b
    inexact = (quotient * b != a) & ((a < 0) != (b < 0))
    return quotient + plain(np.asarray(inexact).astype(dtype_of(a)))


def floor_divide(a: Any, b: Any) -> Any:
    """``a // b``, rounded toward negative infinity."""
    return np.floor(a / b) if is_float(a) else a // b


def product(a: Any, b: Any) -> Any:
    """``a * b``: component-wise with a scalar, else the matrix, quaternion (Hamilton) or transform product.

    Warp multiplies no vector with a vector, so two arrays of four components are quaternions.
    """
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return compose(a, b) if len(a) == 7 else multiply(a, b)
    return matmul(a, b)


def lerp(a: Any, b: Any, t: Any) -> Any:
    """``a * (1 - t) + b * t``."""
    return a * (dtype_of(t)(1) - t) + b * t


def smoothstep(a: Any, b: Any, x: Any) -> Any:
    """``t * t * (3 - 2 * t)`` with ``t = clamp((x - a) / (b - a), 0, 1)``, the cubic Hermite interpolation."""
    n = dtype_of(x)
    t = clamp((x - a) / (b - a), n(0), n(1))
    return t * t * (n(3) - n(2) * t)


def lerp_bfloat16(a: Any, b: Any, t: Any) -> Any:
    """:func:`lerp`, rounded at every step."""
    r = round_bfloat16
    return r(r(a * r(np.float32(1) - t)) + r(b * t))


def smoothstep_bfloat16(a: Any, b: Any, x: Any) -> Any:
    """:func:`smoothstep`, rounded at every step."""
    r, n = round_bfloat16, np.float32
    t = clamp(r(r(x - a) / r(b - a)), n(0), n(1))
    return r(r(t * t) * r(n(3) - r(n(2) * t)))


# --- what is undefined, and what it rounds ---------------------------------------------------------------------------


def _division(part: Value, a: Any, b: Any) -> None:
    least, _ = RANGES[part]
    if not np.ndim(b):
        # Python's integers are several times as fast as NumPy's
        if not int(b):
            raise UndefinedError("integer division by zero")
        if not least or int(b) != -1:
            return
    if not np.all(b):
        raise UndefinedError("integer division by zero")
    if least and np.any(b == -1) and np.any((a == least) & (b == -1)):
        raise UndefinedError("integer division overflows")


def _shift(part: Value, a: Any, b: Any) -> None:
    bits = types.BITS[part]
    inside = ((b >= 0) & (b < bits)).all() if np.ndim(b) else 0 <= int(b) < bits
    if not inside:
        raise UndefinedError(f"shift by {b} of {types.BITS[part]} bits")


def _of_integers(guard: Callable[..., None]) -> GuardMaker:
    """The guard, given the type of the second operand, where that is an integer."""

    def make(operands: tuple[Value, ...]) -> Guard | None:
        if [types.kind(types.scalar(t)) for t in operands[1:]] != ["int"]:
            return None
        return partial(guard, types.scalar(operands[1]))

    return make


def _shiftable(operand: Value) -> Interval:
    return Interval(0, types.BITS[types.scalar(operand)] - 1)


def _product_rounding(operands: tuple[Value, ...]) -> Rounding:
    """Of matrices, quaternions and transforms: sums of products."""
    return FORMULA if all(map(types.shape, operands)) else fused(operands)


def _product_spread(operands: tuple[Value, ...]) -> Any:
    if not all(map(types.shape, operands)):
        return None
    sizes = {"quat": product_of_sizes, "transform": composition_of_sizes}
    return spread_of(sizes.get(types.kind(operands[0]), np.matmul))


def _between(xs: Sequence[Any], sizes: Sequence[Any], moves: Sequence[Any], size: Any) -> Any:
    """``a (1 - t) + b t``, which is linear in each operand."""
    a, b, t = (x.astype(np.float64) for x in xs)
    off_a, off_b, off_t = moves
    return off_a * abs(1 - t) + off_b * abs(t) + off_t * (abs(b - a) + off_a + off_b) + WORKING * (sizes[0] + sizes[1])


def _divides_again(boxes: Sequence[Bounded]) -> bool:
    a, b = (np.asarray(box.value, np.float64) for box in boxes)
    off, also = (np.asarray(box.error) for box in boxes)
    return bool(np.any(off + np.abs(a / b) * also >= np.abs(b) / 4))


# --- derivatives -----------------------------------------------------------------------------------------------------


def _quotient_rule(operands: tuple[Value, ...]) -> Rule:
    first, second = operands

    def rule(step: OperationStep, g: Any) -> Gradients:
        b = step.operands[1]
        if not np.all(b):
            raise Kink("division by zero")
        return weighted(first, g, 1 / b), weighted(second, g / b, -step.result)

    return lifted(operands, _over) if is_number(first) and is_number(second) else rule


def _over(g: float, a: float, b: float) -> tuple[float, float]:
    if not b:
        raise Kink("division by zero")
    g /= b
    return g, -g * (a / b)


def _product_rule(operands: tuple[Value, ...]) -> Rule:
    first, second = operands
    if is_number(first) and is_number(second):
        return lambda step, g: (float(g) * float(step.operands[1]), float(g) * float(step.operands[0]))
    if is_number(first) or is_number(second):
        return lambda step, g: (weighted(first, g, step.operands[1]), weighted(second, g, step.operands[0]))
    if types.kind(first) == "quat":
        return product_rule
    if types.kind(first) == "transform":
        return composition_rule
    return product_rule_of_matrices(operands)


def _whole_rule(name: str, nearest: Callable[[float], float], slope: float) -> Maker:
    """``mod`` is ``a - b trunc(a / b)``; ``floordiv`` is constant between its jumps."""

    def make(operands: tuple[Value, ...]) -> Rule:
        eps = near(operands)

        def number(g: float, a: float, b: float) -> tuple[float, float]:
            if not g:
                return 0.0, 0.0
            quotient = a / b if b else math.inf
            if not (math.isfinite(quotient) and abs(quotient - nearest(quotient)) > eps * max(1.0, abs(quotient))):
                raise Kink(f"{name} at a multiple")
            g *= slope
            return g, -g * math.trunc(quotient)

        return lifted(operands, number)

    return make


def _lerp_rule(step: OperationStep, g: Any) -> Gradients:
    a, b, t = step.operands
    return g * (1 - t), g * t, float(np.vdot(g, b - a))


def _smoothstep_rule(operands: tuple[Value, ...]) -> Rule:
    """``t² (3 - 2 t)`` of the clamped ``t``, whose slope is 0 where it is clamped: no corner."""
    eps = near(operands)

    def number(g: float, a: float, b: float, x: float) -> tuple[float, float, float]:
        if tie(a, b, eps):
            raise Kink("smoothstep between equal edges")
        t = min(max((x - a) / (b - a), 0.0), 1.0)
        g *= 6 * t * (1 - t) / (b - a)
        return g * (t - 1), -g * t, g

    return lifted(operands, number)


# --- records ---------------------------------------------------------------------------------------------------------

_DENOMINATOR = {"b": Interval(1, None, negatives=True)}
"""Against division by zero, and the one quotient that overflows."""


def _quotient(name: str, **more: Any) -> Operation:
    return Operation(
        name,
        divide,
        requires=_DENOMINATOR,
        undefined=_of_integers(_division),
        rounding=CORRECT,
        formula=Formula.QUOTIENT,
        derivative=_quotient_rule,
        slope=Slope.QUOTIENT,
        steep=True,
        **more,
    )


def _sum(name: str, meaning: Any, rule: Rule, sign: str) -> Operation:
    given: dict[str, Any] = {"rounding": CORRECT, "formula": Formula.SUM, "slope": Slope.CONSTANT}
    return Operation(name, meaning, derivative=untyped(rule), operators=(sign,), ends=corners(meaning), **given)


def _bits(name: str, meaning: Any, sign: str) -> Operation:
    return Operation(name, meaning, operators=(sign,))


def _shifted(name: str, meaning: Any, sign: str) -> Operation:
    return Operation(name, meaning, requires={"b": _shiftable}, undefined=_of_integers(_shift), operators=(sign,))


ARITHMETIC = (
    _sum("add", lambda a, b: a + b, lambda step, g: (g, g), "+"),
    _sum("sub", lambda a, b: a - b, lambda step, g: (g, -g), "-"),
    Operation(
        "mul",
        product,
        rounding=_product_rounding,
        formula=Formula.PRODUCT,
        spread=_product_spread,
        derivative=_product_rule,
        slope=Slope.PRODUCT,
        operators=("*", "@"),
        ends=corners(lambda a, b: a * b),
    ),
    Operation(
        "cw_mul",
        lambda a, b: a * b,
        rounding=fused,
        formula=Formula.PRODUCT,
        derivative=untyped(SCALE),
        slope=Slope.PRODUCT,
    ),
    _quotient("div", operators=("/",), ends=quotient),
    _quotient("div_approx"),  # exact on the CPU; a GPU may be off by its documented error
    _quotient("cw_div"),
    Operation(
        "floordiv",
        floor_divide,
        of_bfloat16=lambda a, b: np.floor(round_bfloat16(a / b)),
        requires=_DENOMINATOR,
        undefined=_of_integers(_division),
        rounding=CORRECT,
        derivative=_whole_rule("floordiv", round, 0.0),
        slope=Slope.CONSTANT,
        operators=("//",),
        ends=whole_quotient,
    ),
    Operation(
        "mod",
        lambda a, b: np.fmod(a, b),
        requires=_DENOMINATOR,
        undefined=_of_integers(_division),
        rounding=EXACT,
        misses=_divides_again,
        derivative=_whole_rule("mod", toward_zero, 1.0),
        operators=("%",),
        ends=remainder,
    ),
    # of integers a copy, of floats one that keeps -0.0
    rearranging(
        "pos", lambda x: np.copysign(x, x) if is_float(x) else x + dtype_of(x)(0), lambda step, g: (g,), prefix="+"
    ),
    rearranging("neg", lambda x: -x, lambda step, g: (-g,), prefix="-", ends=corners(lambda x: -x)),
    _bits("bit_and", lambda a, b: a & b, "&"),
    _bits("bit_or", lambda a, b: a | b, "|"),
    _bits("bit_xor", lambda a, b: a ^ b, "^"),
    Operation("invert", lambda x: ~x, prefix="~"),
    _shifted("lshift", lambda a, b: a << b, "<<"),
    _shifted("rshift", lambda a, b: a >> b, ">>"),
    Operation("unot", lambda a: np.bool_(not a), prefix="not"),
    Operation(
        "lerp",
        lerp,
        of_bfloat16=lerp_bfloat16,
        spread=lambda operands: _between,
        derivative=untyped(_lerp_rule),
        slope=Slope.INTERPOLATION,
        sparse=True,
    ),
    Operation(
        "smoothstep",
        smoothstep,
        of_bfloat16=smoothstep_bfloat16,
        # the edges may not meet: the builtin divides by their distance
        requires={"a": Interval(-8, -1), "b": Interval(1, 8)},
        derivative=_smoothstep_rule,
        steep=True,
    ),
)
