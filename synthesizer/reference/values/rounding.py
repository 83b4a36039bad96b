"""How far another correct implementation may be off: running error bounds through every operation.

Each rounding contributes a unit in the last place, twice what IEEE 754 allows. What an operation makes of its operands'
errors is found by probing: its meaning is evaluated at operands moved by their errors. So a jump that lies within the
error shows as a difference of its size, and where an outcome is no number of that kind (an integer, a truth value, one
of finite and infinite) the result is *unsure*: its error is infinite. Carrying a few perturbed copies through the whole
program instead would be blind where their perturbations happen to cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.types import Value

ROUNDING = "a result depends on rounding"


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
        degree: terms are products of so many components: they overflow long before the result does.
    """

    outer: float = 2.0
    inner: float = 4.0
    correct: bool = False
    normwise: bool = False
    least: float = 0.0
    monotone: bool = False
    degree: int = 2


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
    **_named("svd2 qr3 eig3", Rule(outer=16.0, inner=32.0, normwise=True, degree=4)),
    # Its vectors come from the square of the matrix.
    "svd3": Rule(outer=16.0, inner=128.0, normwise=True, degree=4),
    # Sines and cosines of angles up to a whole turn.
    **_named("sample_unit_ring sample_unit_disk sample_unit_sphere_surface sample_unit_sphere", _TURNS),
    **_named("sample_unit_hemisphere_surface sample_unit_hemisphere randn", _TURNS),
    # Sums and differences of angles up to half a turn.
    "quat_to_euler": Rule(least=8.0),
    # Sums of products of sines and cosines, which cancel where angles are equal.
    **_named("quat_from_euler quat_rpy", Rule(least=1.0)),
    # Differences of points decide.
    "intersect_tri_tri": Rule(outer=4.0, inner=4.0, normwise=True, degree=8),
    "closest_point_edge_edge": Rule(outer=4.0, inner=4.0, normwise=True, degree=4),
    # Sums of cofactors, which are products of all other entries.
    **_named("inverse inverse_approx", Rule(outer=4.0, inner=8.0, normwise=True)),
    # Sums of terms as large as the distance from a corner of the lattice, with frequencies of the caller's.
    **_named("noise pnoise", Rule(least=4.0)),
    "curlnoise": Rule(least=32.0),
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
    if name in ("determinant", "inverse", "inverse_approx"):
        return replace(found, degree=types.shape(operands[0])[0])
    if found.outer == 1.0 and not found.correct and all(types.scalar(t) in (wp.float16, wp.bfloat16) for t in operands):
        return _CORRECT  # each result is converted back from float32, which leaves nothing to fuse
    if name == "svd3" and types.scalar(operands[0]) in (wp.float16, wp.bfloat16):
        return RULES["qr3"]  # so few digits that the difference is none
    if name in _LIBRARIES and operands and types.scalar(operands[0]) in (wp.float16, wp.bfloat16):
        return Rule(outer=1.0, inner=0.0)  # computed in float32 and rounded
    return found


_LIBRARIES = frozenset(n for n, r in RULES.items() if r.outer >= 4.0 and not r.normwise)
