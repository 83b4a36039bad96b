"""Derivatives of single steps, from their meanings alone: what the gradients of the reference are made of.

Most operations have exact rules, in their records. Everything else takes refined differences: central ones at three
distances, extrapolated to distance 0 (Richardson), which also show whether there is a derivative at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.derivative import Gradients, Kink, OperationStep, Rule, is_float, near, zero
from warpsmith.grammar.types import Value

__all__ = ["Kink", "OperationStep", "derivatives", "refined"]


def derivatives(step: OperationStep, adjoint: Any) -> Gradients:
    """The derivatives of ``<adjoint, result>`` by the operands. NumPy's warnings are left to the caller.

    Args:
        step: a step of a run.
        adjoint: shaped like the result; a tuple where there are several results. ``None``, as the whole or for one of
            several, stands for zero, and for results that are not float.

    Returns:
        One gradient per operand, shaped like it: a float or a float64 array; ``None`` for an operand that is not
        float. They may share memory with each other and with ``adjoint``: do not change them.

    Raises:
        Kink: there is no derivative, or so near a point without one that rounding in the operands' types decides, or
            it is not finite. The message says why.
    """
    if adjoint is None:
        return tuple(zero(x) if is_float(t) else None for t, x in zip(step.types, step.operands, strict=True))
    gradients = (step.rule or _rule(step.name, step.types))(step, adjoint)
    for g in gradients:
        if not _finite(g):
            raise Kink(f"the derivative of {step.name} is not finite")
    return gradients


def _finite(g: Any) -> bool:
    if g is None or isinstance(g, float):
        return g is None or math.isfinite(g)
    # The sum of the squares is found quickly; it may overflow where no component does.
    return math.isfinite(np.vdot(g, g)) or bool(np.isfinite(g).all())


@cache
def _rule(name: str, operands: tuple[Value, ...]) -> Rule:
    if not any(map(is_float, operands)):
        return lambda step, g: (None,) * len(operands)
    make = record(name).derivative
    return make(operands) if make is not None else refined


# --- differences ---------------------------------------------------------------------------------------------------


def _along(step: OperationStep, g: Any, n: int, i: tuple[int, ...]) -> Callable[[float], float]:
    """``<adjoint, f>`` as a function of the change of one component of operand ``n``."""
    xs = [np.float64(x) if isinstance(x, float) else x for x in step.operands]  # meanings look at the dtype
    several = isinstance(step.result, tuple)

    def phi(h: float) -> float:
        if i:
            xs[n] = step.operands[n].copy()
            xs[n][i] += h
        else:
            xs[n] = np.float64(step.operands[n] + h)
        y = step.f(*xs)
        if several:
            return sum(float(np.vdot(a, b)) for a, b in zip(g, y, strict=True) if a is not None)
        return float(np.vdot(g, y))

    return phi


def _componentwise(step: OperationStep, slope: Callable[[int, tuple[int, ...], float], float]) -> Gradients:
    """Gradients from ``slope(operand, component, size of the operand)``."""
    gradients: list[Any] = []
    for n, (t, x) in enumerate(zip(step.types, step.operands, strict=True)):
        if not is_float(t):
            gradients.append(None)
            continue
        size = float(np.max(np.abs(x)))
        found = [slope(n, i, size) for i in np.ndindex(np.shape(x))]
        gradients.append(np.reshape(found, np.shape(x)) if np.ndim(x) else found[0])
    return tuple(gradients)


_FIRST, _LEAST, _RUNGS = 2.0**-7, 2.0**-22, 12
_ACCURACY, _CONFIRMED, _DROWNED = 1e-8, 1e-3, 1e-6
_NOISE = 256 * 2.0**-52


def refined(step: OperationStep, g: Any) -> Gradients:
    """The general way: extrapolated central differences, at distances that shrink until they agree.

    The first distance is 2^-7 of the operand's largest component, or of 1 where that is larger; the last is what counts
    as near for it, but at least 2^-22. There a plain difference has to confirm what is found, in case it missed what
    happens on a small scale. Relative errors are below 1e-8, and mostly 1e-11.

    Raises:
        Kink: no distance gives derivatives that agree with each other and from both sides, or they drown in rounding;
            or a quaternion is zero, around which differences may agree where slopes are infinite.
    """
    if any(types.kind(t) == "quat" and not np.any(x) for t, x in zip(step.types, step.operands, strict=True)):
        raise Kink(f"{step.name} of no rotation")
    total = np.abs(_terms(g, step.result)).sum()
    eps = max(near(step.types), _LEAST)
    noises = [0.0]

    def slope(n: int, i: tuple[int, ...], size: float) -> float:
        phi = _along(step, g, n, i)
        center, h, least = phi(0.0), _FIRST * max(1.0, size), eps * (size or 1.0)
        for _ in range(_RUNGS):
            noise = _NOISE * total / h
            found = _extrapolated(phi, center, h, noise)
            if found is not None:
                plain = (phi(least) - phi(-least)) / (2 * least)
                if not abs(plain - found) <= _CONFIRMED * abs(found) + _NOISE * total / least:
                    break
                noises.append(noise)
                return found
            h /= 8
            if h < least:
                break
        raise Kink(f"{step.name} has no derivative by operand {n}, or changes it too fast")

    gradients = _componentwise(step, slope)
    largest = max(float(np.max(np.abs(x))) for x in gradients if x is not None)
    if max(noises) > _DROWNED * largest > 0:
        raise Kink(f"{step.name} hardly changes with an operand, compared to its size")
    return gradients


def _terms(g: Any, y: Any) -> Any:
    """The products that ``<adjoint, result>`` is the sum of."""
    if isinstance(y, tuple):
        return np.concatenate([_terms(a, b) for a, b in zip(g, y, strict=True) if a is not None] or [np.zeros(0)])
    return np.ravel(g * y)


def _extrapolated(phi: Callable[[float], float], center: float, h: float, noise: float) -> float | None:
    """The derivative, and ``None`` where the differences at h, h/2 and h/4 do not agree on it.

    Of ``phi(d) - phi(-d)`` over ``2 d`` the error has even powers of d; ``phi(d) - 2 phi(0) + phi(-d)`` over ``d`` has
    odd ones and goes to the difference of the derivatives from both sides.
    """
    pairs = [(d, phi(d), phi(-d)) for d in (h, h / 2, h / 4)]
    a, b, c = ((up - down) / (2 * d) for d, up, down in pairs)
    coarse, fine = (4 * b - a) / 3, (4 * c - b) / 3
    value = (16 * fine - coarse) / 15
    a, b, c = ((up - 2 * center + down) / d for d, up, down in pairs)
    jump = (8 * (2 * c - b) - (2 * b - a)) / 7
    tolerance = _ACCURACY * abs(value) + noise
    return value if abs(fine - coarse) <= tolerance and abs(jump) <= tolerance else None
