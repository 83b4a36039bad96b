"""Vectors: Warp's "Vector Math" on vectors, and the norms of ``warp/_src/math.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.grammar.meanings.values import Meaning, cross, dot, dtype_of, is_float, widen


def length(a: Any) -> Any:
    """The Euclidean norm; a square root of :func:`dot`, so it overflows where that does."""
    return np.sqrt(dot(a, a))


def normalize(a: Any) -> Any:
    """``a / length(a)``, or zero where the length is 0."""
    norm = length(a)
    return np.zeros_like(a) if norm == 0 else a / norm


def extreme(a: Any, sign: int) -> Any:
    """Index of the first largest (``sign`` 1) or smallest (-1) component that is no NaN; 0 if all are."""
    best: int | None = None
    for i, x in enumerate(a):
        if not (is_float(a) and np.isnan(widen(x))) and (best is None or (x > a[best] if sign > 0 else x < a[best])):
            best = i
    return np.uint32(best or 0)


def huber(v: Any, delta: Any = None) -> Any:
    """``|v|² / 2`` within ``delta``, ``delta (|v| - delta / 2)`` beyond (Huber 1964)."""
    n = dtype_of(v)
    d, a = n(1) if delta is None else delta, dot(v, v)
    return n(0.5) * a if a <= d * d else d * (np.sqrt(a) - n(0.5) * d)


def pseudo_huber(v: Any, delta: Any = None) -> Any:
    """``delta sqrt(1 + |v|² / delta²)``: Warp's definition, which does not subtract ``delta``."""
    n = dtype_of(v)
    d = n(1) if delta is None else delta
    return d * np.sqrt(n(1) + dot(v, v) / (d * d))


VECTOR: dict[str, Meaning] = {
    "dot": dot,
    "ddot": dot,
    "argmin": lambda a: extreme(a, -1),
    "argmax": lambda a: extreme(a, 1),
    "outer": lambda a, b: a[:, None] * b[None, :],
    "cross": cross,
    "length": length,
    "length_sq": lambda a: dot(a, a),
    "normalize": normalize,
    "norm_l1": lambda v: dot(abs(v), np.ones_like(v)),
    "norm_l2": length,
    "norm_huber": huber,
    "norm_pseudo_huber": pseudo_huber,
    "smooth_normalize": lambda v, delta=None: v / pseudo_huber(v, delta),
}
"""Meanings of the vector builtins, by name."""
