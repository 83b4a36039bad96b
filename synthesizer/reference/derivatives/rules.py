"""Exact derivatives of the operations that programs are mostly made of.

A rule turns the adjoint of a step's result into those of its operands. It is the derivative of the *meaning*
(``grammar/meanings``), on real numbers, written down from calculus; ``tests/synthesizer/test_pullback.py`` compares
each with difference quotients. Here are the component-wise ones; the others are in ``composite_rules.py``,
``rotation_rules.py`` and ``special_rules.py``.

What is *near* a corner or a jump is decided by the type that Warp computes in, since a value there is off by a few of
its units in the last place: see :data:`NEAR`. A corner with an adjoint of zero is none: whichever slope one takes,
nothing comes of it.
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
class Step:
    """One operation of a program's run.

    Attributes:
        name: the builtin's key in Warp's registry (``"add"``, ``"quat_rotate"``), or a construct of ours.
        types: Warp types of the operands.
        f: the meaning, on ``operands``; polymorphic in the dtype of floats.
        operands: float64 scalars (or Python's) and arrays; integers and truth values as they are.
        result: ``f(*operands)``: a float64 scalar or array, or a tuple of several results.
    """

    name: str
    types: tuple[Value, ...]
    f: Callable[..., Any]
    operands: tuple[Any, ...]
    result: Any


class Kink(Exception):
    """No derivative here: a tie, a corner, a jump, a singular point; or rounding decides on which side one is."""


Gradients: TypeAlias = tuple[Any, ...]
"""One entry per operand, shaped like it; ``None`` for an operand that is not float."""

Rule: TypeAlias = Callable[[Step, Any], Gradients]
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

    def numbers(step: Step, g: Any) -> Gradients:
        return f(float(g), *map(float, step.operands))

    def components(step: Step, g: Any) -> Gradients:
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


def adjoints(step: Step, g: Any) -> list[Any]:
    """The adjoints of several results, zero for those that have none."""
    return [np.zeros(np.shape(y)) if h is None else h for y, h in zip(step.result, g, strict=True)]


# --- functions of one number ---------------------------------------------------------------------------------------

_ROOT = math.sqrt(math.pi) / 2

_SLOPES: dict[str, Callable[[float, float], float]] = {
    "sin": lambda x, y: math.cos(x),
    "cos": lambda x, y: -math.sin(x),
    "tan": lambda x, y: 1 + y * y,
    "asin": lambda x, y: 0.0 if abs(x) > 1 else 1 / math.sqrt((1 - x) * (1 + x)),
    "acos": lambda x, y: 0.0 if abs(x) > 1 else -1 / math.sqrt((1 - x) * (1 + x)),
    "atan": lambda x, y: 1 / (1 + x * x),
    "sinh": lambda x, y: math.sqrt(1 + y * y),
    "cosh": lambda x, y: math.tanh(x) * y,
    "tanh": lambda x, y: 4 * (e := math.exp(-2 * abs(x))) / (1 + e) ** 2,
    "sqrt": lambda x, y: 0.5 / y,
    "cbrt": lambda x, y: 1 / (3 * y * y),
    "exp": lambda x, y: y,
    "log": lambda x, y: 1 / x,
    "log2": lambda x, y: 1 / (x * math.log(2)),
    "log10": lambda x, y: 1 / (x * math.log(10)),
    "erf": lambda x, y: math.exp(-x * x) / _ROOT,
    "erfc": lambda x, y: -math.exp(-x * x) / _ROOT,
    "erfinv": lambda x, y: _ROOT * math.exp(min(y * y, 700.0)),  # beyond, y is not the result of any x
    "erfcinv": lambda x, y: -_ROOT * math.exp(min(y * y, 700.0)),
    "degrees": lambda x, y: 180 / math.pi,
    "radians": lambda x, y: math.pi / 180,
}
"""Derivative of each, from the operand and the result; out of [-1, 1] the meanings of acos and asin are constant."""

_POSITIVE = ("sqrt", "log", "log2", "log10")
INSIDE: dict[str, Callable[[float, float, float], bool]] = {
    **dict.fromkeys(_POSITIVE, lambda x, y, eps: x > eps),
    **dict.fromkeys(("asin", "acos"), lambda x, y, eps: abs(abs(x) - 1) > eps),
    "cbrt": lambda x, y, eps: abs(x) > eps,
    "tan": lambda x, y, eps: abs(y) < 1 / eps,
    "erfinv": lambda x, y, eps: abs(x) < 1 - eps,
    "erfcinv": lambda x, y, eps: eps < x < 2 - eps,
}
"""Whether a point is not near where the slope is infinite."""


def _smooth(name: str, operands: tuple[Value, ...]) -> Rule:
    slope, inside, eps = _SLOPES[name], INSIDE.get(name), near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        x, y = float(step.operands[0]), float(step.result)
        if not math.isfinite(x) or (inside is not None and not inside(x, y, eps)):
            raise Kink(f"{name} at {x}")
        return (float(g) * slope(x, y),)

    return rule


_JUMPS: dict[str, Callable[[float], float]] = {
    **dict.fromkeys(("floor", "ceil"), round),
    **dict.fromkeys(("trunc", "frac"), lambda x: round(x) or math.inf),
    **dict.fromkeys(("round", "rint"), lambda x: math.floor(x) + 0.5),
    **dict.fromkeys(("sign", "step", "nonzero"), lambda x: 0.0),
}
"""The jump that is nearest to a number."""


def tie(a: float, b: float, eps: float) -> bool:
    """Whether two numbers are too near each other to tell which is larger; also where one is NaN."""
    return not abs(a - b) > eps * max(1.0, abs(a), abs(b))


def _stepping(name: str, operands: tuple[Value, ...]) -> Rule:
    jump, eps, slope = _JUMPS[name], near(operands), float(name == "frac")

    def number(g: float, x: float) -> tuple[float]:
        if g and not (math.isfinite(x) and abs(x - jump(x)) > eps * max(1.0, abs(x))):
            raise Kink(f"{name} at a jump")
        return (g * slope,)

    return lifted(operands, number)


def _abs(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, x: float) -> tuple[float]:
        if g and not abs(x) > eps:
            raise Kink("abs at 0")
        return (math.copysign(1, x) * g,)

    return lifted(operands, number)


# --- arithmetic ----------------------------------------------------------------------------------------------------


def _quotient(operands: tuple[Value, ...]) -> Rule:
    first, second = operands

    def rule(step: Step, g: Any) -> Gradients:
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


def _whole(name: str, operands: tuple[Value, ...]) -> Rule:
    """``mod`` is ``a - b trunc(a / b)``; ``floordiv`` is constant between its jumps."""
    nearest, eps, slope = _JUMPS["trunc" if name == "mod" else "floor"], near(operands), float(name == "mod")

    def number(g: float, a: float, b: float) -> tuple[float, float]:
        if not g:
            return 0.0, 0.0
        quotient = a / b if b else math.inf
        if not (math.isfinite(quotient) and abs(quotient - nearest(quotient)) > eps * max(1.0, abs(quotient))):
            raise Kink(f"{name} at a multiple")
        g *= slope
        return g, -g * math.trunc(quotient)

    return lifted(operands, number)


def _power(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        x, y = map(float, step.operands)
        if not x > eps:
            raise Kink(f"pow of {x}")
        g = float(g) * float(step.result)
        return g * y / x, g * math.log(x)

    return rule


def _atan2(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, y: float, x: float) -> tuple[float, float]:
        square = x * x + y * y
        if not square > eps * eps or (x < 0 and abs(y) <= eps * -x):
            raise Kink("atan2 at 0 or its branch cut")
        return g * x / square, -g * y / square

    return lifted(operands, number)


def _lerp(step: Step, g: Any) -> Gradients:
    a, b, t = step.operands
    return g * (1 - t), g * t, float(np.vdot(g, b - a))


def _smoothstep(operands: tuple[Value, ...]) -> Rule:
    """``t² (3 - 2 t)`` of the clamped ``t``, whose slope is 0 where it is clamped: no corner."""
    eps = near(operands)

    def number(g: float, a: float, b: float, x: float) -> tuple[float, float, float]:
        if tie(a, b, eps):
            raise Kink("smoothstep between equal edges")
        t = min(max((x - a) / (b - a), 0.0), 1.0)
        g *= 6 * t * (1 - t) / (b - a)
        return g * (t - 1), -g * t, g

    return lifted(operands, number)


# --- choice --------------------------------------------------------------------------------------------------------


def _extreme(name: str, operands: tuple[Value, ...]) -> Rule:
    eps, sign = near(operands), 1 if name == "max" else -1

    def number(g: float, a: float, b: float) -> tuple[float, float]:
        if g and tie(a, b, eps):
            raise Kink(f"{name} of equal values")
        return (g, 0.0) if (a - b) * sign > 0 else (0.0, g)

    def reduction(step: Step, g: Any) -> Gradients:
        v = step.operands[0]
        *_, (second, _), (best, at) = sorted((x * sign, i) for i, x in enumerate(v.tolist()))
        if g and (tie(second, best, eps) or np.isnan(v).any()):
            raise Kink(f"{name} of a vector with equal components")
        gradient = np.zeros(v.shape)
        gradient[at] = g
        return (gradient,)

    return reduction if len(operands) == 1 else lifted(operands, number)


def _clamp(operands: tuple[Value, ...]) -> Rule:
    """``min(max(x, low), high)``."""
    eps = near(operands)

    def number(g: float, x: float, low: float, high: float) -> tuple[float, float, float]:
        inner = max(x, low)
        if g and (tie(inner, high, eps) or (inner < high and tie(x, low, eps))):
            raise Kink("clamp at a bound")
        return (0.0, 0.0, g) if inner > high else (g, 0.0, 0.0) if x > low else (0.0, g, 0.0)

    return lifted(operands, number)


def _copysign(operands: tuple[Value, ...]) -> Rule:
    eps = near(operands)

    def number(g: float, x: float, y: float) -> tuple[float, float]:
        if g and not (abs(x) > eps and abs(y) > eps):
            raise Kink("copysign at 0")
        return math.copysign(g, g * x * y), 0.0

    return lifted(operands, number)


def _where(operands: tuple[Value, ...]) -> Rule:
    def rule(step: Step, g: Any) -> Gradients:
        condition, a, b = step.operands
        return (None, g, zero(b)) if condition else (None, zero(a), g)

    return rule


# -------------------------------------------------------------------------------------------------------------------


def plain(rule: Rule) -> Maker:
    """A rule that is the same for all types."""
    return lambda operands: rule


def _each(make: Callable[[str, tuple[Value, ...]], Rule], *names: str) -> dict[str, Maker]:
    return {name: lambda operands, name=name: make(name, operands) for name in names}  # type: ignore[misc]


_SAME = plain(lambda step, g: (g,))
SCALE: Rule = lambda step, g: (g * step.operands[1], g * step.operands[0])  # noqa: E731

SCALAR_RULES: dict[str, Maker] = {
    **_each(_smooth, *_SLOPES),
    **_each(_stepping, *_JUMPS),
    **_each(_extreme, "min", "max"),
    **dict.fromkeys(("pos", "float", "float16", "bfloat16", "float32", "float64"), _SAME),
    **dict.fromkeys(("div", "div_approx", "cw_div"), _quotient),
    **dict.fromkeys(("where", "conditional"), _where),
    "add": plain(lambda step, g: (g, g)),
    "sub": plain(lambda step, g: (g, -g)),
    "neg": plain(lambda step, g: (-g,)),
    "cw_mul": plain(SCALE),
    **_each(_whole, "mod", "floordiv"),
    "abs": _abs,
    "pow": _power,
    "atan2": _atan2,
    "lerp": plain(_lerp),
    "smoothstep": _smoothstep,
    "clamp": _clamp,
    "copysign": _copysign,
}
