"""What every builtin means, in NumPy, without Warp's code: mathematics and C, plus what Warp documents differently.

``meaning("dot", (vec3f, vec3f))`` is the function for those operand types. :mod:`grammar.meanings.values` says how
values are represented. Meanings warn of nothing and never change or share an operand. Where C leaves an integer result
undefined (division by zero, a shift too far, a cast out of range) there is some result and no promise. NaN propagates
wherever Warp's documentation does not say otherwise.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.meanings.construct import CONSTRUCT
from warpsmith.grammar.meanings.decomposition import DECOMPOSITION
from warpsmith.grammar.meanings.geometry import GEOMETRY
from warpsmith.grammar.meanings.matrix import MATRIX
from warpsmith.grammar.meanings.noise import NOISE
from warpsmith.grammar.meanings.operators import BFLOAT16, OPERATORS
from warpsmith.grammar.meanings.quaternion import QUATERNION, normalize
from warpsmith.grammar.meanings.random import RANDOM
from warpsmith.grammar.meanings.scalar import SCALAR
from warpsmith.grammar.meanings.transform import TRANSFORM
from warpsmith.grammar.meanings.values import DTYPES, Meaning, round_bfloat16
from warpsmith.grammar.meanings.vector import VECTOR

__all__ = ["DTYPES", "MEANINGS", "UNWRITTEN", "Meaning", "meaning", "round_bfloat16"]


def _silent(f: Meaning) -> Meaning:
    """``f`` without NumPy's warnings about overflow, division and NaN."""

    @wraps(f)
    def evaluate(*operands: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*operands, **options)

    return evaluate


_GROUPS: tuple[dict[str, Meaning], ...] = (
    *(SCALAR, OPERATORS, VECTOR, MATRIX, DECOMPOSITION, QUATERNION, TRANSFORM, RANDOM, NOISE, GEOMETRY),
    CONSTRUCT,
)

_BARE: dict[str, Meaning] = {name: f for group in _GROUPS for name, f in group.items()}

MEANINGS: dict[str, Meaning] = {name: _silent(f) for name, f in _BARE.items()}
"""The meaning of each builtin, by its key in Warp's registry; polymorphic in the operands' dtypes and shapes.

Two things the values alone do not show: that a float32 is a bfloat16, and that four components are a quaternion, which
matters to ``normalize``. :func:`meaning` knows them from the types.
"""

_QUATERNION = {"normalize": _silent(normalize)}

_REASONS: dict[str, tuple[str, ...]] = {
    "reads an object behind a handle (mesh, BVH, hash grid, volume), which is no value": (
        *("bvh_get_group_root", "mesh_get_group_root", "mesh_get_bvh", "hash_grid_point_id"),
        *("mesh_query_point", "mesh_query_point_sign_parity", "mesh_query_point_no_sign"),
        *("mesh_query_furthest_point_no_sign", "mesh_query_point_sign_normal", "mesh_query_point_sign_winding_number"),
        *("mesh_query_ray", "mesh_query_ray_anyhit", "mesh_query_ray_count_intersections"),
        *("mesh_eval_position", "mesh_eval_velocity", "mesh_eval_face_normal"),
        *("mesh_get_point", "mesh_get_velocity", "mesh_get_index"),
        *("volume_sample_f", "volume_sample_grad_f", "volume_sample_v", "volume_sample_i"),
        *("volume_lookup_f", "volume_lookup_v", "volume_lookup_i", "volume_lookup_index", "volume_voxel_count"),
        *("volume_store_f", "volume_store_v", "volume_store_i"),
        *("volume_index_to_world", "volume_world_to_index"),
        *("volume_index_to_world_dir", "volume_world_to_index_dir"),
    ),
    "yields no value; it is there for its side effect": ("breakpoint", "expect_eq", "expect_neq", "expect_near"),
    "depends on the launch, not on operands": ("tid", "block_dim"),
}

UNWRITTEN: dict[str, str] = {name: reason for reason, names in _REASONS.items() for name in names}
"""Builtins with all-value signatures that have no meaning here, and why."""


@cache
def meaning(name: str, operand_types: tuple[types.Value, ...]) -> Meaning | None:
    """The meaning of builtin ``name`` for operands of those canonical types, or ``None`` where none is written.

    ``operand_types`` are those of the value operands alone; arguments that are Warp types (see
    :mod:`grammar.meanings.construct`) are left out.
    """
    if operand_types and types.kind(operand_types[0]) == "quat" and name in _QUATERNION:
        return _QUATERNION[name]
    f = MEANINGS.get(name)
    if f is None or not any(types.name(t) == "bfloat16" for t in operand_types):
        return f
    return _rounded(_silent(BFLOAT16[name]) if name in BFLOAT16 else f)


@cache
def bare(name: str, operand_types: tuple[types.Value, ...]) -> Meaning | None:
    """As :func:`meaning`, for callers that silence NumPy's warnings themselves."""
    if operand_types and types.kind(operand_types[0]) == "quat" and name in _QUATERNION:
        return _QUATERNION[name].__wrapped__  # type: ignore[attr-defined, no-any-return]
    f = _BARE.get(name)
    if f is None or not any(types.name(t) == "bfloat16" for t in operand_types):
        return f
    return _rounded(BFLOAT16.get(name, f))


def _rounded(f: Meaning) -> Meaning:
    """``f`` on bfloat16 operands: a float32 result is rounded; any other is no bfloat16."""

    @wraps(f)
    def evaluate(*operands: Any, **options: Any) -> Any:
        value = f(*operands, **options)
        return round_bfloat16(value) if isinstance(value, np.float32) else value

    return evaluate
