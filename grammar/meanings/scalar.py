"""Scalar math: Warp's "Scalar Math" group, with C's definitions (ISO C17 7.12) where Warp names a C function.

Warp's own choices, from its documentation: ``min``, ``max`` and ``clamp`` take NaN as missing (``fmin``, ``fmax``);
``acos`` and ``asin`` clamp to [-1, 1] first; ``sign(0)`` and ``sign(nan)`` are 1; ``step(x)`` is 1 for *negative* x;
``round`` takes halves away from zero; ``bit_count`` counts two's-complement bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from warpsmith.grammar.meanings.values import (
    DTYPES,
    Meaning,
    dtype_of,
    is_float,
    narrow,
    plain,
    round_bfloat16,
    through_double,
    through_float,
    widen,
)
from warpsmith.grammar.types import Value


def minimum(a: Any, b: Any | None = None) -> Any:
    """Component-wise minimum, or that of a vector's components; NaN counts as missing."""
    f = np.fmin if is_float(a) else np.minimum
    return f.reduce(a) if b is None else f(a, b)


def maximum(a: Any, b: Any | None = None) -> Any:
    """Component-wise maximum, or that of a vector's components; NaN counts as missing."""
    f = np.fmax if is_float(a) else np.maximum
    return f.reduce(a) if b is None else f(a, b)


def clamp(x: Any, low: Any, high: Any) -> Any:
    """``min(max(x, low), high)``."""
    return minimum(maximum(low, x), high)


def choose(condition: Any, x: Any, yes: float, no: float) -> Any:
    """``yes`` or ``no`` per component, in the dtype of ``x``."""
    kind = dtype_of(x)
    return plain(np.where(condition, np.array(yes).astype(kind), np.array(no).astype(kind)))


def bit_count(x: Any) -> Any:
    """Set bits of the two's-complement representation."""
    return np.int32(bin(int(x) & ((1 << 8 * x.itemsize) - 1)).count("1"))


def round_away(x: Any) -> Any:
    """C's ``round``: to the nearest integer, halves away from zero."""
    one, half = dtype_of(x)(1), dtype_of(x)(0.5)
    whole = np.trunc(x)
    return np.copysign(np.where(abs(x - whole) >= half, abs(whole) + one, abs(whole)), x)[()]


def power(x: Any, y: Any) -> Any:
    """C's ``pow``."""
    return np.power(x, y)


def erfcinv(y: float) -> float:
    """The x with ``erfc(x) = y``: a start from Winitzki's formula, then Halley steps (DLMF 7.17)."""
    if not 0.0 < y < 2.0:
        return {0.0: math.inf, 2.0: -math.inf}.get(y, math.nan)
    if y > 1.0:
        return -erfcinv(2.0 - y)
    log = math.log(y * (2.0 - y))
    half = 2.0 / (math.pi * 0.147) + log / 2.0
    x = math.sqrt(max(math.sqrt(half * half - log / 0.147) - half, 0.0))
    for _ in range(4):
        slope = 2.0 / math.sqrt(math.pi) * math.exp(-x * x)
        if slope == 0.0:
            break
        error = (math.erfc(x) - y) / slope
        x += error / (1.0 - x * error)
    return x


def erfinv(y: float) -> float:
    """The x with ``erf(x) = y``; accurate near 0 too, where ``erfc`` would cancel."""
    if not abs(y) <= 0.5:
        return math.copysign(erfcinv(1.0 - abs(y)), y) if abs(y) <= 1.0 else math.nan
    x = y * math.sqrt(math.pi) / 2.0
    for _ in range(5):
        error = (math.erf(x) - y) * math.sqrt(math.pi) / 2.0 * math.exp(x * x)
        x -= error / (1.0 + x * error)
    return x


def integer(kind: type[Any]) -> Meaning:
    """The cast to an integer type: toward zero from a float, modulo 2^bits from an integer."""
    bits, signed = 8 * np.dtype(kind).itemsize, bool(np.iinfo(kind).min < 0)

    def cast(x: Any) -> Any:
        if not math.isfinite(x):
            return kind(0)  # undefined in C; productions require finite and in range
        wrapped = int(x) & ((1 << bits) - 1)
        return kind(wrapped - (1 << bits) if signed and wrapped >> (bits - 1) else wrapped)

    return cast


def floating(kind: type[Any]) -> Meaning:
    """The cast to a floating-point type; Warp converts to half by way of float32."""
    return lambda x: kind(np.float32(x)) if kind is np.float16 else kind(x)


def cast_to(t: Value) -> Meaning:
    """The value conversion ``t(x)`` of C between scalar types."""
    if t.__name__ == "bfloat16":
        return lambda x: round_bfloat16(np.float32(x))
    kind = DTYPES[t]
    return np.bool_ if kind is np.bool_ else integer(kind) if issubclass(kind, np.integer) else floating(kind)


def unit(x: Any) -> Any:
    """``x`` clamped to [-1, 1]; NaN becomes -1, as ``clamp`` has it."""
    return clamp(x, dtype_of(x)(-1), dtype_of(x)(1))


_UFUNCS = (
    *(np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.sqrt, np.cbrt, np.log, np.log2, np.log10, np.exp),
    *(np.rint, np.trunc, np.floor, np.ceil, np.copysign),
)
_PLAIN: dict[str, Meaning] = {f.__name__: through_float(f) for f in _UFUNCS}

_CASTS: dict[str, Meaning] = {t.__name__: cast_to(t) for t in DTYPES}

SCALAR: dict[str, Meaning] = {
    **_PLAIN,
    **_CASTS,
    "int": _CASTS["int32"],
    "float": _CASTS["float32"],
    "min": minimum,
    "max": maximum,
    "clamp": clamp,
    "abs": lambda x: abs(x),
    "sign": lambda x: choose(x < dtype_of(x)(0), x, -1 if np.dtype(dtype_of(x)).kind != "u" else 1, 1),
    "step": lambda x: choose(x < dtype_of(x)(0), x, 1, 0),
    "nonzero": lambda x: choose(x == dtype_of(x)(0), x, 0, 1),
    "bit_count": bit_count,
    "atan": through_float(np.arctan),
    "atan2": through_float(np.arctan2),
    "acos": through_float(lambda x: np.arccos(unit(x))),
    "asin": through_float(lambda x: np.arcsin(unit(x))),
    "degrees": lambda x: narrow(np.float64(x) * np.float64(180.0 / math.pi), x),
    "radians": lambda x: narrow(np.float64(x) * np.float64(math.pi / 180.0), x),
    "pow": through_float(power),
    "erf": through_double(math.erf),
    "erfc": through_double(math.erfc),
    "erfinv": through_double(erfinv),
    "erfcinv": through_double(erfcinv),
    "round": through_float(round_away),
    "frac": through_float(lambda x: x - np.trunc(x)),
    "isfinite": lambda a: np.bool_(np.isfinite(widen(a)).all()),
    "isnan": lambda a: np.bool_(np.isnan(widen(a)).any()),
    "isinf": lambda a: np.bool_(np.isinf(widen(a)).any()),
}
"""Meanings of the scalar builtins, by name; ``min`` … ``isinf`` take vectors and matrices as well."""
