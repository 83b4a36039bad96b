"""Integers that overflow, and derivatives with a power in them that does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from warpsmith.fuzz.known.known import GRADIENT, Known
from warpsmith.fuzz.known.trees import calls, on_calls, operates, wherever
from warpsmith.grammar import types
from warpsmith.grammar.operations import quaternion
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import On, Unknown
from warpsmith.synthesizer.reference.run.tree import walk

# -- integers ----------------------------------------------------------------------------------------------------------


def _computes_with_integers(tree: ast.Module) -> bool:
    """Arithmetic, in a program that names a type of signed integers of 32 or 64 bits."""
    computes = operates(tree, ast.Add, ast.Sub, ast.Mult, ast.USub) or calls(tree, *_ARITHMETIC)
    return computes and not _SIGNED.isdisjoint(getattr(n, "attr", getattr(n, "id", "")) for n in walk(tree))


_SIGNED = {"int", "int32", "int64"}
_SIGNED |= {types.name(t) for t in types.COMPOSITES if types.name(types.scalar(t)) in _SIGNED}
_SUMS: dict[str, Callable[..., int]] = {
    "add": lambda a, b: _most(a + b),
    "sub": lambda a, b: _most(a - b),
    "neg": lambda a: _most(-a),
    "abs": lambda a: _most(-a),
    "mul": lambda a, b: _most(a) * _most(b) * (a.shape[-1] if a.ndim and b.ndim else 1),
    "cw_mul": lambda a, b: _most(a) * _most(b),
    "outer": lambda a, b: _most(a) * _most(b),
    "cross": lambda a, b: 2 * _most(a) * _most(b),
    "dot": lambda a, b: _most(a) * _most(b) * a.size,
    "length_sq": lambda a: _most(a) ** 2 * a.size,
    "trace": lambda a: _most(a) * a.shape[0],
}
"""How large the results of operations may become on the way, by the operands as arrays of Python's integers."""
_ARITHMETIC = {*_SUMS, "atomic_add", "atomic_sub"}


def _most(a: Any) -> int:
    sizes: list[int] = [abs(x) for x in np.ravel(np.asarray(a, object)).tolist()]
    return max(sizes)


def _overflows(operation: str) -> Callable[..., bool]:
    def when(*operands: Any) -> bool:
        dtypes = {np.asarray(x).dtype for x in operands}
        if not dtypes <= {np.dtype(np.int32), np.dtype(np.int64)}:
            return False
        limit = min(int(np.iinfo(dtype).max) for dtype in dtypes)
        return _SUMS[operation](*(np.asarray(x).astype(object) for x in operands)) > limit

    return when


# -- derivatives -------------------------------------------------------------------------------------------------------


def _distance_is_lost(a: Any, b: Any, x: Any) -> bool:
    """Whether the fourth power of the distance of two edges has other digits than it should have."""
    limits = np.finfo(a.dtype)
    return not float(limits.tiny) ** 0.25 < abs(float(a) - float(b)) < float(limits.max) ** 0.25


def _squares_are_lost(y: Any, x: Any) -> bool:
    """Whether the sum of their squares has other digits than it should have."""
    limits, square = np.finfo(y.dtype), float(y) ** 2 + float(x) ** 2
    return not float(limits.tiny) < square < float(limits.max)


def _cube_is_lost(q: Any, *to: Any) -> bool:
    """Whether one over the cube of a rotation's vector part overflows; of a slerp, of the rotation between two."""
    between = quaternion.multiply(quaternion.conjugate(q), to[0]) if to else q
    return _overflows_cubed(between[:3])


def _cubed_length_is_lost(q: Any) -> bool:
    """Whether one over the cube of a quaternion's length overflows; it may be a vector, of which that is not asked."""
    return q.shape == (4,) and _overflows_cubed(q)


def _overflows_cubed(v: Any) -> bool:
    """Whether one over the cube of a vector's length overflows."""
    return bool(np.linalg.norm(v.astype(np.float64)) < 1.25 * float(np.finfo(v.dtype).max) ** (-1 / 3))


KNOWN = (
    Known(
        "overflow-when-optimised",
        (("options", Stage.VALUE), ("options", Stage.GRADIENT), ("options", Stage.CRASH), ("options", Stage.TIMEOUT)),
        wherever(_computes_with_integers, *(On(name, Unknown.VALUE, when=_overflows(name)) for name in _SUMS)),
    ),
    Known(
        "smoothstep-gradient-overflow",
        GRADIENT,
        on_calls(On("smoothstep", Unknown.DERIVATIVE, when=_distance_is_lost)),
    ),
    Known("atan2-gradient-overflow", GRADIENT, on_calls(On("atan2", Unknown.DERIVATIVE, when=_squares_are_lost))),
    Known(
        "axis-angle-gradient-overflow",
        GRADIENT,
        on_calls(
            On("quat_to_axis_angle", Unknown.DERIVATIVE | Unknown.PATH, when=_cube_is_lost),
            On("quat_slerp", Unknown.DERIVATIVE | Unknown.PATH, when=_cube_is_lost),
        ),
    ),
    Known(
        "normalize-gradient-overflow",
        GRADIENT,
        on_calls(On("normalize", Unknown.DERIVATIVE | Unknown.PATH, when=_cubed_length_is_lost)),
    ),
)
