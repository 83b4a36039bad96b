"""All exceptions, a reason a row: what the grammar leaves out of Warp's registry, and what it treats apart.

Every table maps a name to its reason. Rows that quote a fault of Warp 1.19 are asked again by
``tests/grammar/test_refused.py``; a row whose reason is gone goes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

EXCLUDED: dict[str, str] = {
    "tile_rand?": "documented: its values differ between devices and block sizes; a meaning for one thread would do",
    "tile_*fft": "its elements are vec2: tiles of vectors are not written yet",
    "tile_stack*": "the threads of a block push in any order; a stack of one thread's values is not written yet",
    "tile_bvh_*": "needs a live Bvh behind a uint64 id",
    "tile_mesh_*": "needs a live Mesh behind a uint64 id",
    "tile_query_valid": "needs a query of a live Bvh or Mesh",
    "block_dim": "its value depends on the device and the launch",
    "*_tiled": "queries that the threads of a block make together; as tile*",
    "*_get_group_root": "needs an object that is built with groups, and a meaning for queries below a root",
    "mesh_get": "its result is a struct of arrays: the reference holds no arrays in values",
    "hash_grid_point_id": "nothing determines the order of points: needs a launch with a thread for each",
    "volume_store*": "changes an object: results of a launch are read from arrays, and the runner builds objects anew",
    "volume_sample_grad*": "yields its gradient through an operand: needs a rule for operands that are results",
    "volume_sample_index": "needs a volume of indices; as volume_lookup_index",
    "volume_lookup_index": "needs a volume of indices, which is built from points, and an array of its values",
    "volume_voxel_count": "counts what NanoVDB has allocated, which is more than the voxels that a volume is made of",
    "texture_sample": "needs a texture, which is handed in as an object of a class and not by a handle",
    "dense_*": "hidden helpers that trust sizes which nothing ties to their arrays: out of bounds by design",
    "breakpoint": "stops the program",
    "array": "makes an array from a raw address",
    "select": "deprecated; where() with its arms swapped",
    "static": "evaluates Python at compile time; it is not an expression of the kernel language",
    "indexref": "references to components of array elements, made only inside other rewrites",
    "extract": "hidden; reading a component goes through index",
    "transform_set_*_copy": "hidden; what assigning a part becomes when overwrites are enabled by a global option",
    "assign_copy": "hidden; component stores when overwrites are enabled by a global option",
    "transform_add_inplace": "hidden; compound assignment to a transform held in an array: not written yet",
    "transform_sub_inplace": "hidden; compound assignment to a transform held in an array: not written yet",
    "tuple": 'hidden; values of tuples are documented as not supported: "Tuple initialization is not supported"',
    "bit_*_inplace": "hidden; component-wise compound assignment of bits: not written yet",
}
"""Builtins (as shell patterns) that the grammar leaves out."""


@cache
def excluded(builtin: str) -> str | None:
    """Why the grammar leaves a builtin out; ``None`` if it does not."""
    return next((reason for pattern, reason in EXCLUDED.items() if fnmatchcase(builtin, pattern)), None)


_AMBIGUOUS = (
    "the native compilers refuse it with backward on: conversions from and to bool are ambiguous for 16-bit floats"
)
REFUSED: dict[str, str] = {
    "bool(float16)": _AMBIGUOUS,
    "bool(bfloat16)": _AMBIGUOUS,
    "float16(bool)": _AMBIGUOUS,
    "bfloat16(bool)": _AMBIGUOUS,
}
"""Single signatures that are left out, of builtins that are otherwise derived: Warp 1.19 generates code for them that
does not compile."""

NOT_MAPPED: dict[str, str] = {
    "clamp": "tile_map(clamp, a, b, c): Warp 1.19 generates code for it that does not compile",
}
"""Builtins that are not mapped over tiles."""

NO_RESULT_TYPE: dict[str, str] = {
    "slice": "value_func wants the bounds' values; slices are spelled by subscripts, not by calls",
}
"""Builtins with concrete records whose result type does not follow from the types of their operands."""

SPELLED_BY_STATEMENTS: dict[str, str] = {
    "tid": "the kernel binds it on its first line; a function may not call it",
    "expect_eq": "stands alone, where a profile has it, and says what holds by construction",
    "expect_neq": "as expect_eq",
    "expect_near": "as expect_eq",
    "printf": "stands alone, where a profile has it",
    "print": "as printf",
}
"""Builtins with concrete records that a statement spells, and no expression does."""

_LONG = "its code, adjoint included, is over 40 kB of PTX: repeated, it takes native compilers minutes"
HEAVY: dict[str, str] = {
    "svd2": _LONG,
    "svd3": _LONG,
    "qr3": _LONG,
    "eig3": _LONG,
    "inverse": _LONG,
    "inverse_approx": _LONG,
    "determinant": _LONG,
    "quat_slerp": _LONG,
    "quat_rpy": _LONG,
    "quat_from_matrix": _LONG,
    "quat_to_matrix": _LONG,
    "transform_compose": _LONG,
    "transform_decompose": _LONG,
    "transform_from_matrix": _LONG,
    "transform_to_matrix": _LONG,
    "transform_multiply": _LONG,
    "noise": _LONG,
    "pnoise": _LONG,
    "curlnoise": _LONG,
    "intersect_tri_tri": _LONG,
    "closest_point_edge_edge": _LONG,
}
"""Builtins that are not repeated in unrolled loops."""

_WIDENS = "Warp 1.19 converts a name that is bound to a constant itself, not its value: the name's type changes"
WIDENING: dict[str, str] = {
    "int64": _WIDENS,
    "uint64": _WIDENS,
    "float64": _WIDENS,
}
"""Conversions that are not handed the name of a constant."""

NO_CONSTANT_OPERANDS: dict[str, str] = {
    "intersect_tri_tri": "its native code takes the vertices by references that are not to constants",
}
"""Builtins that are handed copies of the file's constants."""

NO_COMPOUND_ASSIGNMENT: dict[str, str] = {
    "pow": "x **= y is not written yet",
}
"""Builtins of binary operators that no compound assignment spells."""

_NO_ORDER = "Warp 1.19 offers atomic_min and atomic_max, and their native code does not compile"
NO_ATOMIC_ORDER: dict[str, str] = {
    "quat": _NO_ORDER,
    "transform": _NO_ORDER,
}
"""Kinds of types whose elements are added to and subtracted from by atomics alone."""

PRECISION_DEPENDENT: dict[str, str] = {
    "cast": "it reads bits: what it means depends on the precision of its operand",
}
"""Builtins that programs leave out whose meaning is asked in several precisions."""
