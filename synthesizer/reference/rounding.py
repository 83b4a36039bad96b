"""How far another correct implementation may be off: running error bounds through every operation.

Each rounding contributes a unit in the last place, twice what IEEE 754 allows. What an operation makes of its operands'
errors is found by probing: its meaning is evaluated at operands moved by their errors. So a jump that lies within the
error shows as a difference of its size, and where an outcome is no number of that kind (an integer, a truth value, one
of finite and infinite) the result is *unsure*: its error is infinite. Carrying a few perturbed copies through the whole
program instead would be blind where their perturbations happen to cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import warp as wp

from grammar import types
from grammar.types import Value
from synthesizer.reference.boxes import EPSILON, INF, Box, everywhere, exact, note, ulp

HANGS = "a result hangs on rounding"


@dataclass(frozen=True)
class Rule:
    """How an operation rounds.

    Attributes:
        outer: units in the last place that the result may be off, even where the operands are exact.
        inner: units that each operand is moved by in addition: rounding inside the operation, which may cancel.
        correct: with exact operands the result is exact: IEEE 754 rounds the operation correctly.
        normwise: both count units of the largest component, of all operands and of the result, not of each.
        least: units of at least that size count: a part of the operation is as large.
        monotone: rising in every operand, so that two probes show the whole range.
    """

    outer: float = 2.0
    inner: float = 4.0
    correct: bool = False
    normwise: bool = False
    least: float = 0.0
    monotone: bool = False


def _named(text: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(text.split(), rule)


_EXACT = Rule(outer=0.0, inner=0.0)
_CORRECT = Rule(outer=1.0, inner=0.0, correct=True)
_LIBRARY = Rule(outer=4.0, inner=0.0)
_TURNS = Rule(outer=1.0, inner=0.0, least=8.0)

RULES: dict[str, Rule] = {
    **_named("neg pos abs sign step nonzero copysign floor ceil trunc rint round frac mod", _EXACT),
    **_named("isfinite isnan isinf argmin argmax transpose skew diag get_diag quat_inverse", _EXACT),
    **_named("transform_get_translation transform_get_rotation transform_set_translation", _EXACT),
    **_named("transform_set_rotation spatial_top spatial_bottom matrix_from_rows matrix_from_cols", _EXACT),
    **_named("spatial_adjoint spatial_vector vector matrix quaternion transformation cast len", _EXACT),
    **_named("lower_bound sample_cdf sample_unit_square sample_unit_cube bool", _EXACT),
    **_named("min max clamp", Rule(outer=0.0, inner=0.0, monotone=True)),
    **_named(" ".join(t.__name__ for t in types.INTEGERS) + " int", _EXACT),
    **_named("float float16 float32 float64 bfloat16", _CORRECT),
    **_named("add sub div div_approx cw_div sqrt floordiv", _CORRECT),
    # A product may be fused with the addition that takes it, and is not rounded then.
    **_named("mul cw_mul outer", Rule(outer=1.0, inner=0.0)),
    **_named("sin cos tan asin acos atan atan2 sinh cosh tanh cbrt log log2 log10 exp pow erf erfc", _LIBRARY),
    **_named("degrees radians", _CORRECT),
    # Warp's approximation works on an argument that has lost low bits.
    **_named("erfinv erfcinv", Rule(outer=512.0, inner=0.0)),
    # 30 to 100 rotations of the whole matrix.
    **_named("svd2 svd3 qr3 eig3", Rule(outer=16.0, inner=32.0, normwise=True)),
    # Sines and cosines of angles up to a whole turn.
    **_named("sample_unit_ring sample_unit_disk sample_unit_sphere_surface sample_unit_sphere", _TURNS),
    **_named("sample_unit_hemisphere_surface sample_unit_hemisphere randn", _TURNS),
    # Differences of points decide.
    **_named("intersect_tri_tri closest_point_edge_edge", Rule(outer=4.0, inner=4.0, normwise=True)),
}
"""Builtins that do not round at every step of a longer formula, as :class:`Rule` has it by default."""

_DEFAULT = Rule()
_PRODUCTS = _DEFAULT


@cache
def rule(name: str, operands: tuple[Value, ...]) -> Rule:
    """The rule of a builtin for operands of those types."""
    if name == "mul" and all(types.shape(t) for t in operands):
        return _PRODUCTS  # of matrices, quaternions, transforms: sums of products
    found = RULES.get(name, _DEFAULT)
    if found.outer == 1.0 and not found.correct and all(types.scalar(t) in (wp.float16, wp.bfloat16) for t in operands):
        return _CORRECT  # each result is converted back from float32, which leaves nothing to fuse
    if name in _LIBRARIES and operands and types.scalar(operands[0]) in (wp.float16, wp.bfloat16):
        return Rule(outer=1.0, inner=0.0)  # computed in float32 and rounded
    return found


_LIBRARIES = frozenset(n for n, r in RULES.items() if r.outer >= 4.0 and not r.normwise)


def finite(x: Any) -> bool:
    """Whether every component is neither infinite nor NaN."""
    return bool(np.isfinite(x).all())


def distance(t: Value, nominal: Any, probe: Any) -> Any:
    """How far the probe is from the nominal value, as float64; infinite where the two are of different kinds."""
    if types.kind(types.scalar(t)) != "float":
        different = nominal != probe
        if not np.any(different):
            return 0.0
        note(HANGS)
        return np.where(different, INF, 0.0)[()]
    with np.errstate(all="ignore"):
        a, b = np.asarray(nominal, np.float64), np.asarray(probe, np.float64)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        apart = np.where(same, 0.0, np.where(np.isfinite(a) & np.isfinite(b), abs(a - b), INF))
    if not np.isfinite(apart).all():
        note("an overflow hangs on rounding")
    return apart[()]


@cache
def _directions(sizes: tuple[tuple[int, ...], ...], monotone: bool) -> tuple[tuple[Any, ...], ...]:
    """In which directions operands of those shapes are moved together, one tuple for each probe.

    A few components are moved in all corners; many at random, by amounts that hardly cancel.
    """
    count = len(sizes)
    if monotone or (count == 1 and not sizes[0]):
        return ((1.0,) * count, (-1.0,) * count)
    if count == 2 and not any(sizes):
        return ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))
    generator = np.random.Generator(np.random.PCG64(count))
    first, second = (
        tuple(generator.choice((-1.0, 1.0), n) * (0.5 + generator.random(n)) for n in sizes) for _ in range(2)
    )
    return (first, tuple(-d for d in first), second)


def moves(operands: tuple[Box, ...], by: Rule) -> list[tuple[Any, ...]]:
    """The operands' values moved within their errors, once for each probe."""
    moved = [i for i, b in enumerate(operands) if types.kind(types.scalar(b.type)) == "float"]
    size = max((float(abs(operands[i].value).max()) for i in moved), default=0.0) if by.normwise else None
    amounts = [_amount(operands[i], by, size) for i in moved]
    sizes = tuple(types.shape(operands[i].type) for i in moved)
    probes = []
    for direction in _directions(sizes, by.monotone):
        values = [b.value for b in operands]
        for i, amount, sign in zip(moved, amounts, direction, strict=True):
            if amount is not None:
                kind = values[i].dtype.type
                values[i] = (values[i].astype(np.float64) + amount * sign).astype(kind)
        probes.append(tuple(values))
    return probes


def _amount(box: Box, by: Rule, size: float | None) -> Any:
    """How far a probe moves an operand: its error and what the rule adds; ``None`` for not at all."""
    if not by.inner:
        return None if exact(box) else box.error
    own = abs(box.value.astype(np.float64)) if size is None else everywhere(box.type, size)
    return box.error + by.inner * EPSILON[types.scalar(box.type)] * own


def probed(f: Callable[..., Any], operands: tuple[Box, ...], results: tuple[Value, ...], by: Rule) -> tuple[Box, ...]:
    """The operation's results with their error bounds.

    Args:
        f: the meaning; several results are a tuple.
        operands: all of them values.
        results: their types.
        by: how the operation rounds.
    """
    value = f(*(b.value for b in operands))
    values = value if len(results) > 1 else (value,)
    errors: list[Any] = [0.0] * len(results)
    inexact = not all(map(exact, operands))
    if inexact and any(_unknown(b) for b in operands):
        return tuple(Box(t, v, everywhere(t, INF)) for t, v in zip(results, values, strict=True))
    if inexact or (by.inner and any(types.kind(types.scalar(b.type)) == "float" for b in operands)):
        for probe in moves(operands, by):
            other = f(*probe)
            for i, (t, v) in enumerate(zip(results, values, strict=True)):
                errors[i] = np.maximum(errors[i], distance(t, v, other if len(results) == 1 else other[i]))
    return tuple(Box(t, v, _rounded(t, v, e, by, inexact)) for t, v, e in zip(results, values, errors, strict=True))


def _unknown(box: Box) -> bool:
    """Whether the box is an integer or a truth value of which nothing is known."""
    return not exact(box) and types.kind(types.scalar(box.type)) != "float"


def _rounded(t: Value, value: Any, error: Any, by: Rule, inexact: bool) -> Any:
    """The error with what the operation's own rounding adds."""
    part = types.scalar(t)
    if types.kind(part) == "float" and by.outer and not (by.correct and not inexact):
        own = by.outer * ulp(part, np.abs(value).max() if by.normwise else value) + by.least * EPSILON[part]
        error = np.where(np.isfinite(own), error + own, error)[()]
    if np.ndim(error) == 0:
        return everywhere(t, float(error)) if error else 0.0
    return error if error.any() else 0.0
