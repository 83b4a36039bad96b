"""Operators and the component-wise builtins, with C's arithmetic: integers wrap, ``/`` and ``%`` truncate, halves round
at every step. Only ``//`` floors (Warp's documentation; for floats it is ``floor(a / b)``, not Python's).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.meanings.matrix import matmul
from warpsmith.grammar.meanings.quaternion import multiply
from warpsmith.grammar.meanings.scalar import clamp
from warpsmith.grammar.meanings.transform import compose
from warpsmith.grammar.meanings.values import Meaning, dtype_of, is_float, plain, round_bfloat16


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


OPERATORS: dict[str, Meaning] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": product,
    "div": divide,
    "div_approx": divide,  # exact on the CPU; a GPU may be off by its documented error
    "floordiv": floor_divide,
    "mod": lambda a, b: np.fmod(a, b),
    "cw_mul": lambda a, b: a * b,
    "cw_div": divide,
    "pos": lambda x: x + dtype_of(x)(0) if not is_float(x) else np.copysign(x, x),  # a copy that keeps -0.0
    "neg": lambda x: -x,
    "bit_and": lambda a, b: a & b,
    "bit_or": lambda a, b: a | b,
    "bit_xor": lambda a, b: a ^ b,
    "lshift": lambda a, b: a << b,
    "rshift": lambda a, b: a >> b,
    "invert": lambda x: ~x,
    "unot": lambda a: np.bool_(not a),
    "lerp": lerp,
    "smoothstep": smoothstep,
}
"""Meanings of the operators and of interpolation, by name."""

BFLOAT16: dict[str, Meaning] = {
    "lerp": lerp_bfloat16,
    "smoothstep": smoothstep_bfloat16,
    "floordiv": lambda a, b: np.floor(round_bfloat16(a / b)),
}
"""Those that round more than once for bfloat16 operands, where the last rounding alone would not do."""
