"""Every meaning agrees with what Warp executes, in a kernel on the CPU and, where Warp exports it, from Python."""

from __future__ import annotations

import itertools
import linecache
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.operations import OPERATIONS, record
from warpsmith.grammar.operations.values import DTYPES, round_bfloat16
from warpsmith.grammar.registry import Signature

wp.config.quiet = True


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- values, both ways ---------------------------------------------------------------------------------------------


def to_warp(t: type, x: Any) -> Any:
    if types.is_composite(t):
        return t.from_buffer_copy(np.ascontiguousarray(x).tobytes())
    return bool(x) if t is wp.bool else t(x.item())


def from_warp(t: type, w: Any) -> Any:
    kind = DTYPES[types.scalar(t)]
    if types.is_composite(t):
        return np.frombuffer(w, kind).reshape(types.shape(t)).copy()
    return kind(getattr(w, "value", w))


def results(s: Signature) -> tuple[type, ...]:
    return s.result if isinstance(s.result, tuple) else (s.operands[0],) if s.result is None else (s.result,)


# --- operands ------------------------------------------------------------------------------------------------------

FLOAT_BOUNDARY = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.49999997, 3.0, 1e-5, -1e-7, 255.0, 4096.0)
SPECIAL = (math.inf, -math.inf, math.nan)
ROTATIONS = ("quat_", "transform_")  # their rotations are unit quaternions
TAME_FREE = words(
    "min max clamp abs sign copysign step nonzero sin cos tan asin acos atan atan2 sinh cosh tanh sqrt cbrt degrees "
    "radians log log2 log10 exp pow erf erfc round rint trunc floor ceil frac isfinite isnan isinf argmin argmax add "
    "sub cw_mul cw_div mod pos neg skew transpose diag get_diag outer where"
)
"""Builtins whose operands may be anything, infinite and NaN included."""


def floats(rng: np.random.Generator, kind: type, size: int, tame: bool) -> Any:
    if tame:
        x = np.where(rng.random(size) < 0.2, rng.integers(-3, 4, size), rng.normal(size=size) * 2)
        return x.astype(kind)
    wild = rng.normal(size=size) * 10.0 ** rng.uniform(-3, 3, size)
    special = np.array([*FLOAT_BOUNDARY * 2, *SPECIAL, np.finfo(kind).max, np.finfo(kind).tiny])
    with np.errstate(all="ignore"):
        return np.where(rng.random(size) < 0.4, rng.choice(special, size), wild).astype(kind)


def integers(rng: np.random.Generator, kind: type, size: int) -> Any:
    info = np.iinfo(kind)
    boundary = np.array([0, 1, 2, info.min, info.max, info.max - 1, info.min + 1, 3], kind)
    wide = rng.integers(info.min, info.max, size, kind, endpoint=True)
    small = (rng.integers(0, 20, size) - (10 if info.min else 0)).astype(kind)
    which = rng.random(size)
    return np.where(which < 0.3, rng.choice(boundary, size), np.where(which < 0.6, small, wide))


def operand(rng: np.random.Generator, t: type, name: str) -> Any:
    kind, shape = DTYPES[types.scalar(t)], types.shape(t)
    size = math.prod(shape)
    if kind is np.bool_:
        return np.bool_(rng.integers(2))
    if issubclass(kind, np.integer):
        x = integers(rng, kind, size)
    else:
        x = floats(rng, kind, size, name not in TAME_FREE or types.kind(t) in ("quat", "transform"))
        x = round_bfloat16(x) if t is wp.bfloat16 else x
    if name.startswith(ROTATIONS) and types.kind(t) in ("quat", "transform"):
        x[-4:] = x[-4:] / max(np.sqrt((x[-4:].astype(float) ** 2).sum()), 1e-3)
    return x.reshape(shape) if shape else x[0]


def rotation(rng: np.random.Generator) -> Any:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.array([1, 1, np.linalg.det(q)])


def shaped(name: str, operands: tuple[type, ...], rng: np.random.Generator, xs: list[Any]) -> list[Any]:
    """The operands brought into the builtin's domain: what its production's ``requires`` will say."""
    if not xs:
        return xs
    kind = np.asarray(xs[0]).dtype.type
    if name in ("div", "mod", "floordiv", "cw_div") and issubclass(kind, np.integer):
        overflows = (xs[0] == np.iinfo(kind).min) & (xs[1] == -1)
        xs[1] = np.where((xs[1] == 0) | np.any(overflows), kind(3), xs[1])[()]
    elif name in ("lshift", "rshift"):
        xs[1] = (np.abs(xs[1].astype(np.int64)) % (8 * np.dtype(kind).itemsize)).astype(kind)[()]
    elif name in DTYPE_NAMES and issubclass(kind, np.floating):
        target = DTYPES[SCALAR_NAMED[name]]
        if issubclass(target, np.integer):
            info, x = np.iinfo(target), float(xs[0])
            limit = min(float(info.max), float(np.finfo(kind).max)) * 0.99
            low = -limit if info.min else 0.0
            xs[0] = kind(min(max(x, low), limit)) if math.isfinite(x) else kind(1.75)
            xs[0] = round_bfloat16(xs[0]) if operands[0] is wp.bfloat16 else xs[0]
    elif name in ("inverse", "inverse_approx"):
        xs[0] = xs[0] + np.eye(len(xs[0]), dtype=kind) * kind(9)
    elif name == "svd2":  # away from its disagreements
        xs[0] = xs[0] / kind(8) + np.diag([2, rng.choice([-1, 1])]).astype(kind)
    elif name == "eig3":
        xs[0] = np.tril(xs[0]) + np.tril(xs[0], -1).T
    elif name in ("erfinv", "erfcinv"):
        x = rng.uniform(0.05, 0.95) * rng.choice([-1, 1]) + (name == "erfcinv")
        xs[0] = round_bfloat16(np.float32(x)) if operands[0] is wp.bfloat16 else kind(x)
    elif name in ("quat_from_matrix", "transform_from_matrix", "transform_decompose"):
        xs[0] = xs[0].copy()
        scale = rng.uniform(0.5, 2, 3) if name == "transform_decompose" else 1.0
        xs[0][:3, :3] = rotation(rng) * scale
    elif name in ("quat_to_euler", "quat_from_euler"):
        xs[1:] = map(np.int32, rng.choice(list(itertools.permutations(range(3)))))
    elif name == "smoothstep":
        xs[1] = xs[0] + type(xs[0])(1.5)
        xs[1] = round_bfloat16(xs[1]) if operands[0] is wp.bfloat16 else xs[1]
    elif name in ("randi", "randu") and len(xs) == 3:
        xs[1:] = sorted(xs[1:])
        xs[1:] = xs[1:] if xs[1] < xs[2] else [type(xs[1])(0), type(xs[1])(7)]
    elif name == "poisson":
        xs[1] = np.float32(abs(xs[1]) * rng.choice([0.0, 1.0, 10.0]))
    elif name == "pnoise":
        xs[1] = abs(xs[1])
        xs[2:] = [np.int32(rng.integers(1, 6)) for _ in xs[2:]]
    elif name == "curlnoise" and len(xs) == 5:
        xs[2:] = [np.uint32(rng.integers(0, 4)), np.float32(rng.uniform(1.5, 2.5)), np.float32(rng.uniform(0.3, 0.7))]
    elif name.startswith("quat_twist"):
        xs[0] = xs[0] / np.float32(max(np.linalg.norm(xs[0]), 1e-3))
    elif name == "closest_point_edge_edge":
        xs[4] = np.float32(rng.choice([1e-6, 0.5]))
    return xs


SCALAR_NAMED = {**{t.__name__: t for t in types.SCALARS}, "int": wp.int32, "float": wp.float32}
DTYPE_NAMES = frozenset(SCALAR_NAMED)


def samples(name: str, operands: tuple[type, ...], key: str, count: int) -> list[list[Any]]:
    """``count`` operand lists: always the same for a call."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    return [shaped(name, operands, rng, [operand(rng, t, name) for t in operands]) for _ in range(count)]


# --- comparison ----------------------------------------------------------------------------------------------------

LIBM = dict.fromkeys(words("sin cos tan asin acos atan atan2 sinh cosh tanh cbrt log log2 log10 exp pow erf erfc"), 4)
LIBM |= {"erfinv": 512, "erfcinv": 512, "degrees": 1, "radians": 1}
"""Allowed units in the last place of functions that no standard rounds correctly.

C libraries differ by up to 4. Warp's ``erfinv`` is a rational approximation of an argument that has lost low bits.
"""

ROUNDED_OFTEN = words(
    "dot ddot cross length length_sq normalize inverse inverse_approx determinant trace lerp smoothstep "
    "quat_from_axis_angle quat_to_axis_angle quat_from_matrix quat_rpy quat_rotate quat_rotate_inv quat_slerp "
    "quat_to_matrix quat_from_euler quat_to_euler quat_to_rpy quat_twist quat_twist_angle quat_twist_angle_signed "
    "transform_multiply transform_point transform_vector transform_inverse transform_from_matrix transform_to_matrix "
    "transform_compose transform_decompose transform_twist transform_wrench velocity_at_point spatial_dot "
    "spatial_cross spatial_cross_dual svd2 svd3 qr3 eig3 noise pnoise curlnoise randn sample_triangle "
    "sample_unit_ring sample_unit_disk sample_unit_sphere_surface sample_unit_sphere sample_unit_hemisphere_surface "
    "sample_unit_hemisphere closest_point_edge_edge norm_l1 norm_l2 norm_huber norm_pseudo_huber "
    "smooth_normalize randf"
)
"""Sums of products and longer formulas: rounded at every step, in an order (and contraction) the compiler chooses.

The error is bounded by the size of the terms, not of the result: 48 roundings of the product of the operands' sizes.
The decompositions take 30 to 100 rotations; in half precision they leave the algorithm's own error, so 2^-4.
"""

SIGNLESS_ZERO = frozenset(("min", "max", "clamp"))
"""Warp documents the sign of a zero that these yield as implementation-defined."""

DECOMPOSITIONS = frozenset(("svd2", "svd3", "qr3", "eig3"))
DEGREE = {"determinant": 4, "quat_to_euler": 8, "closest_point_edge_edge": 4}


def epsilon(t: type) -> float:
    return 2.0**-8 if types.scalar(t) is wp.bfloat16 else float(np.finfo(DTYPES[types.scalar(t)]).eps)


def spacing(t: type, x: Any) -> Any:
    return np.spacing(np.abs(x)).astype(float) * (2.0**16 if types.scalar(t) is wp.bfloat16 else 1.0)


def allowed(name: str, t: type, operands: list[Any], want: Any) -> Any:
    """The absolute difference that is allowed, per component."""
    kind = np.asarray(want).dtype.type
    if not issubclass(kind, np.floating):
        return 0.0
    if name in LIBM:
        return spacing(t, want) * (LIBM[name] if kind is not np.float16 and t is not wp.bfloat16 else 1)
    products = name == "mul" and all(np.ndim(x) for x in operands)
    if name not in ROUNDED_OFTEN and not products:
        return 0.0
    if name in DECOMPOSITIONS and kind is np.float16:
        return 2.0**-4 * max(1.0, *(float(np.abs(x).max()) for x in operands))
    sizes = [max(1.0, float(np.abs(x).max())) for x in operands if np.asarray(x).dtype.kind == "f"]
    return 48 * epsilon(t) * math.prod(sizes) ** DEGREE.get(name, 2 if name in DECOMPOSITIONS else 1)


def agree(name: str, t: type, operands: list[Any], want: Any, got: Any) -> bool:
    """Whether ``got`` is ``want`` within what is allowed; NaN agrees with NaN, and zeros have signs."""
    assert np.asarray(want).dtype.type is DTYPES[types.scalar(t)], f"{name}: a {np.asarray(want).dtype}, not {t}"
    assert np.shape(want) == types.shape(t), f"{name}: shape {np.shape(want)}"
    if np.asarray(want).dtype.kind != "f":
        return bool(np.array_equal(want, got))
    with np.errstate(all="ignore"):
        tolerance = allowed(name, t, operands, want)
        w, g = np.asarray(want, np.float64), np.asarray(got, np.float64)
        near = (w == g) | (np.isnan(w) & np.isnan(g)) | (np.abs(w - g) <= tolerance)
        if name not in SIGNLESS_ZERO and not np.any(tolerance):
            near &= np.isnan(w) | (np.signbit(w) == np.signbit(g))
        return bool(near.all())


# --- cases: concrete signatures, and generic builtins at chosen types ---------------------------------------------


@dataclass(frozen=True)
class Case:
    """A call, its types, its meaning, and how it is spelled in a kernel from operands ``{0}``, ``{1}`` …"""

    name: str
    operands: tuple[type, ...]
    results: tuple[type, ...]
    call: str
    meaning: Callable[..., Any]

    @property
    def key(self) -> str:
        return f"{self.call.format(*map(types.name, self.operands))}"

    def evaluate(self, xs: list[Any]) -> tuple[Any, ...]:
        value = self.meaning(*xs)
        return value if isinstance(value, tuple) else (value,)


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
"""Builtins with all-value signatures that have no meaning, and why."""


def meant(name: str, operands: tuple[type, ...] = ()) -> Callable[..., Any]:
    """The meaning of a builtin, for operands of those types."""
    f = record(name).evaluate(operands)
    assert f is not None
    return f


MEANINGS = frozenset(o.name for o in OPERATIONS.values() if o.meaning is not None and o.name in registry.names())
COVERED = tuple(s for s in registry.signatures() if s.name in MEANINGS)
STATEFUL = frozenset(s.name for s in COVERED if s.group == "Random") - {"noise", "pnoise", "curlnoise", "rand_init"}


def case(s: Signature) -> Case:
    """A signature as a case; what a builtin changes in place counts as a result."""
    f = meant(s.name, s.operands)
    call = f"wp.{s.name}({', '.join(f'{{{i}}}' for i in range(len(s.operands)))})"
    returned = s.result if isinstance(s.result, tuple) else () if s.result is None else (s.result,)
    changed = (s.operands[0],) if s.result is None or s.name in STATEFUL else ()
    return Case(s.name, s.operands, returned + changed, call, f)


def generic(name: str, operands: tuple[type, ...], result: Any, call: str, **options: Any) -> Case:
    """A case of a builtin without concrete signatures; ``options`` are the types and shapes it is given."""
    f = meant(name, operands)
    return Case(name, operands, result if isinstance(result, tuple) else (result,), call, lambda *xs: f(*xs, **options))


V, Q, T, S6, M = wp.vec3f, wp.quatf, wp.transformf, wp.spatial_vectorf, wp.mat33f
F, D, H, N = wp.float32, wp.float64, wp.float16, wp.int32
GENERIC = (
    *(generic("where", (c, t, t), t, "wp.where({0}, {1}, {2})") for c in (wp.bool, N, wp.uint8) for t in (F, V, Q, M)),
    generic("vector", (F, F, F), V, "wp.vec3f({0}, {1}, {2})"),
    generic("vector", (D,), wp.vec4d, "wp.vec4d({0})", length=4),
    generic("vector", (V,), wp.vec3h, "wp.vec3h({0})", dtype=H),
    generic("vector", (), wp.vec2i, "wp.vec2i()", length=2, dtype=N),
    generic("matrix", (F, F, F, F), wp.mat22f, "wp.mat22f({0}, {1}, {2}, {3})", shape=(2, 2)),
    generic("matrix", (D,), wp.mat33d, "wp.mat33d({0})", shape=(3, 3)),
    generic("matrix", (M,), wp.mat33d, "wp.mat33d({0})", dtype=D),
    generic("matrix", (), M, "wp.mat33f()", shape=(3, 3)),
    generic("matrix_from_cols", (V, V, V), M, "wp.matrix_from_cols({0}, {1}, {2})"),
    generic("matrix_from_rows", (V, V, V), M, "wp.matrix_from_rows({0}, {1}, {2})"),
    generic("quaternion", (F, F, F, F), Q, "wp.quatf({0}, {1}, {2}, {3})"),
    generic("quaternion", (V, F), Q, "wp.quatf({0}, {1})"),
    generic("quaternion", (), Q, "wp.quatf()"),
    generic("quaternion", (Q,), wp.quatd, "wp.quatd({0})", dtype=D),
    generic("transformation", (V, Q), T, "wp.transformf({0}, {1})"),
    generic("transformation", (V,), T, "wp.transformf({0})"),
    generic("transformation", (), T, "wp.transformf()"),
    generic("spatial_vector", (V, V), S6, "wp.spatial_vector({0}, {1})"),
    generic("spatial_vector", (F,) * 6, S6, "wp.spatial_vector({0}, {1}, {2}, {3}, {4}, {5})"),
    generic("identity", (), wp.mat44d, "wp.identity(n=4, dtype=wp.float64)", n=4, dtype=D),
    generic("quat_identity", (), wp.quatd, "wp.quat_identity(dtype=wp.float64)", dtype=D),
    generic("quat_identity", (), Q, "wp.quat_identity()"),
    generic("transform_identity", (), T, "wp.transform_identity()"),
    generic("cast", (F,), N, "wp.cast({0}, wp.int32)", target=N),
    generic("cast", (wp.uint64,), D, "wp.cast({0}, wp.float64)", target=D),
    generic("cast", (wp.bfloat16,), wp.int16, "wp.cast({0}, wp.int16)", target=wp.int16, source=wp.bfloat16),
    generic("cast", (wp.uint16,), wp.bfloat16, "wp.cast({0}, wp.bfloat16)", target=wp.bfloat16),
    *(generic("len", (t,), N, "len({0})") for t in (V, Q, T, wp.mat44f)),
    *(generic("div_approx", (t, t), t, "wp.div_approx({0}, {1})") for t in (F, D, H, wp.bfloat16)),
    *(generic("div_approx", (t, F), t, "wp.div_approx({0}, {1})") for t in (V, Q, M)),
    *(generic("inverse_approx", (t,), t, "wp.inverse_approx({0})") for t in (wp.mat22f, M, wp.mat44f, wp.mat33d)),
    *(generic(f"norm_{n}", (t,), F, f"wp.norm_{n}({{0}})") for n in ("l1", "l2") for t in (V, wp.vec2f, S6)),
    *(generic(f"norm_{n}", (V, F), F, f"wp.norm_{n}({{0}}, {{1}})") for n in ("huber", "pseudo_huber")),
    *(generic(f"norm_{n}", (V,), F, f"wp.norm_{n}({{0}})") for n in ("huber", "pseudo_huber")),
    generic("smooth_normalize", (V, F), V, "wp.smooth_normalize({0}, {1})"),
    generic("spatial_adjoint", (M, M), wp.spatial_matrixf, "wp.spatial_adjoint({0}, {1})"),
    generic("transform_compose", (V, Q, V), wp.mat44f, "wp.transform_compose({0}, {1}, {2})"),
    generic("transform_decompose", (wp.mat44f,), (V, Q, V), "wp.transform_decompose({0})"),
    generic("transform_from_matrix", (wp.mat44d,), wp.transformd, "wp.transform_from_matrix({0})"),
    generic("transform_to_matrix", (wp.transformd,), wp.mat44d, "wp.transform_to_matrix({0})"),
    generic("noise", (wp.uint32, F), F, "wp.noise({0}, {1})"),
    generic("curlnoise", (wp.uint32, V), V, "wp.curlnoise({0}, {1})"),
)
BY_ARRAY = frozenset(("lower_bound", "sample_cdf"))
"""Meanings that take an array; they have a kernel of their own."""

SYNTAX = frozenset(("index", "store"))
"""What no call spells: ``test_production_meanings.py`` compares one with Warp, and stores are in every program."""

UNCOMPILED = frozenset(("bool(float16)", "bool(bfloat16)"))
"""Signatures in Warp's registry that its native compiler refuses: see DISAGREEMENTS."""

CASES = tuple(case(s) for s in COVERED if s.key not in UNCOMPILED) + GENERIC

# --- where Warp is believed to be wrong ----------------------------------------------------------------------------


def reconstructed(a: Any) -> Any:
    """``U diag(s) V'`` of Warp's ``svd2``."""
    kinds = (wp.mat22f, wp.vec2f, wp.mat22f)
    u, s, v = (from_warp(t, w) for t, w in zip(kinds, wp.svd2(to_warp(wp.mat22f, a)), strict=True))
    return u @ np.diag(s) @ v.T


def raises(f: Callable[[], Any]) -> bool:
    try:
        f()
    except Exception:  # noqa: BLE001  # whatever Warp raises is the disagreement
        return True
    return False


def bool_of_half() -> Any:
    return run_kernel([case(s) for s in COVERED if s.key == "bool(float16)"], [[[np.float16(1)]]])


ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]], np.float32)
RANK_ONE = np.array([[0.28, 1.26], [0.16, 0.72]], np.float32)
DISAGREEMENTS: dict[str, tuple[str, Callable[[], bool]]] = {
    "neg": (
        "scalar neg is 0 - x, so -(0.0) is +0.0; IEEE 754 negation, and Warp's own for vectors, give -0.0",
        lambda: math.copysign(1.0, wp.neg(0.0)) == 1.0 and math.copysign(1.0, wp.neg(wp.vec2f(0.0, 1.0))[0]) == -1.0,
    ),
    "svd2, a multiple of a rotation": (
        "documented as A = U diag(s) V'; where both singular values are equal it returns U = V = 1, whatever A is",
        lambda: bool(np.abs(reconstructed(ROTATION) - ROTATION).max() > 0.5),
    ),
    "svd2, a singular matrix": (
        "the small singular value is the root of a difference: half its digits are noise, and it is NaN below 0",
        lambda: any(
            bool(np.isnan(reconstructed(np.outer(a, b).astype(np.float32))).any())
            for a, b in np.random.default_rng(0).normal(size=(50, 2, 2))
        ),
    ),
    "svd2 of halves": (
        "squares of squares overflow, so that U and V are zero for a matrix of a norm of 10",
        lambda: not np.any(from_warp(wp.mat22h, wp.svd2(wp.mat22h(9.25, -3.94, -1.0, 4.93))[0])),
    ),
    "erfcinv": (
        "computed as erfinv(1 - x), which is infinite for every x below 1e-16; erfcinv(1e-20) is 6.6016",
        lambda: math.isinf(wp.erfcinv(wp.float64(1e-20))),
    ),
    "erfinv": (
        "computed from (x + 1) / 2, so small x lose their digits; erfinv(1e-20) is 8.86e-21, not 0",
        lambda: float(wp.erfinv(wp.float64(1e-20))) == 0.0,
    ),
    "normalize": (
        "documented as zero where the length is 0; a vector with a NaN is turned into zero as well",
        lambda: wp.normalize(wp.vec3f(math.nan, 1.0, 1.0)) == wp.vec3f(0.0),
    ),
    "inverse": (
        "a 2 x 2 matrix with a NaN has the zero matrix as its inverse, a 3 x 3 one NaN",
        lambda: wp.inverse(wp.mat22f(math.nan, 1.0, 2.0, 3.0)) == wp.mat22f(0.0),
    ),
    "half from Python": (
        "called from Python halves round ties away from zero: 2048 + 1 is 2050; kernels round to even, 2048",
        lambda: float(wp.add(wp.float16(2048.0), wp.float16(1.0))) == 2050.0,
    ),
    "bool from Python": (
        "an exported builtin that returns a bool raises AttributeError when called from Python",
        lambda: raises(lambda: wp.isfinite(1.0)),
    ),
    "bool(half)": (
        "the registry takes bool(float16) and bool(bfloat16); the C++ is an ambiguous conversion that does not compile",
        lambda: raises(bool_of_half),
    ),
}
"""Cases in which the meaning stands and Warp's result is thought to be a defect; samples keep clear of them."""


def excused(name: str, xs: list[Any]) -> bool:
    """Whether a sample falls under a disagreement."""
    return name == "neg" and np.ndim(xs[0]) == 0 and np.asarray(xs[0]).dtype.kind == "f" and bool(xs[0] == 0)


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_disagreements_still_hold(name: str) -> None:
    reason, holds = DISAGREEMENTS[name]
    assert holds(), f"Warp agrees now, so drop the row: {reason}"


# --- Warp called from Python ---------------------------------------------------------------------------------------

PYTHON_WRITTEN = words(
    "quat_from_euler quat_to_euler quat_to_rpy quat_twist quat_twist_angle quat_twist_angle_signed velocity_at_point "
    "transform_from_matrix transform_to_matrix transform_twist transform_wrench intersect_tri_tri "
    "closest_point_edge_edge"
)
"""Builtins that Warp writes in Python, or for kernels alone."""


def exported(s: Signature) -> bool:
    """Whether ``wp.name(...)`` runs native code for these types, and none of DISAGREEMENTS stands in the way."""
    scalars = {types.scalar(t) for t in (*s.operands, *results(s))}
    return hasattr(wp, s.name) and s.name not in DTYPE_NAMES | PYTHON_WRITTEN and not scalars & {wp.bool, wp.float16}


def run_python(s: Signature, xs: list[Any]) -> tuple[Any, ...]:
    arguments = [to_warp(t, x) for t, x in zip(s.operands, xs, strict=True)]
    value = getattr(wp, s.name)(*arguments)
    values = (arguments[0],) if s.result is None else value if isinstance(s.result, tuple) else (value,)
    return tuple(from_warp(t, v) for t, v in zip(results(s), values, strict=True))


def faults(c: Case, inputs: list[list[Any]], outputs: list[tuple[Any, ...]]) -> list[str]:
    """The first input on which the meaning and Warp's ``outputs`` differ."""
    for xs, got in zip(inputs, outputs, strict=True):
        before = [np.copy(x) for x in xs]
        want = c.evaluate(xs)
        assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(before, xs, strict=True)), c.key
        # called from Python, Warp does not show the state that a random builtin leaves behind
        same = all(agree(c.name, t, xs, w, g) for t, w, g in zip(c.results, want, got, strict=False))
        if not same and not excused(c.name, xs):
            return [f"{c.key} {xs}: {want}, but Warp {got}"]
    return []


@pytest.mark.parametrize("group", sorted({s.group for s in COVERED}))
def test_meanings_agree_with_warp_called_from_python(group: str) -> None:
    signatures = [s for s in COVERED if s.group == group and exported(s)]
    inputs = [samples(s.name, s.operands, s.key, 16) for s in signatures]
    found = [
        f for s, i in zip(signatures, inputs, strict=True) for f in faults(case(s), i, [run_python(s, xs) for xs in i])
    ]
    assert not found, "\n".join(found)


# --- Warp in a kernel ----------------------------------------------------------------------------------------------


def source(cases: list[Case]) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """A kernel that makes every call once a thread, and which (case, slot) each column of its arrays holds."""
    columns: dict[str, list[tuple[int, int]]] = {}
    body = ["    i = wp.tid()"]

    def element(side: str, t: type, at: tuple[int, int]) -> str:
        column = columns.setdefault(f"{side}_{t.__name__}", [])
        column.append(at)
        return f"{side}_{t.__name__}[i, {len(column) - 1}]"

    for n, c in enumerate(cases):
        operands = [f"x{n}_{j}" for j in range(len(c.operands))]
        body += [
            f"    {x} = {element('i', t, (n, j))}" for j, (x, t) in enumerate(zip(operands, c.operands, strict=True))
        ]
        names = [f"y{n}_{j}" for j in range(len(c.results))]
        call = c.call.format(*operands)
        if c.name.startswith("transform_set"):
            body.append(f"    {call}")
            names = operands[:1]
        elif c.name in STATEFUL:
            body.append(f"    {names[0]} = {call}")
            names[1] = operands[0]
        else:
            body.append(f"    {', '.join(names)} = {call}")
        body += [f"    {element('o', t, (n, j))} = {y}" for j, (y, t) in enumerate(zip(names, c.results, strict=True))]
    parameters = ", ".join(f"{k}: wp.array2d(dtype=wp.{k[2:]})" for k in columns)
    return f"def kernel({parameters}):\n" + "\n".join(body) + "\n", columns


def device_array(t: type, values: Any) -> Any:
    if t is wp.bfloat16:
        bits = (np.ascontiguousarray(values, np.float32).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        return wp.array(bits, dtype=wp.uint16, device="cpu").view(wp.bfloat16)
    return wp.array(values, dtype=t, device="cpu")


def host_array(t: type, a: Any) -> Any:
    if t is wp.bfloat16:
        return (a.view(wp.uint16).numpy().astype(np.uint32) << np.uint32(16)).view(np.float32)
    return a.numpy()


def run_kernel(cases: list[Case], inputs: list[list[list[Any]]]) -> list[list[tuple[Any, ...]]]:
    """The results of every case on every input, from one kernel, compiled without optimisation or contraction."""
    text, columns = source(cases)
    file = f"<meanings-{zlib.crc32(text.encode()):x}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"wp": wp}
    exec(compile(text, file, "exec"), scope)
    options = {"optimization_level": 0, "fuse_fp": False}
    kernel = wp.kernel(scope["kernel"], enable_backward=False, module="unique", module_options=options)
    count = len(inputs[0])
    arrays = {}
    for k, held in columns.items():
        t = types.by_name(k[2:])
        values = np.zeros((count, len(held), *types.shape(t)), DTYPES[types.scalar(t)])
        if k[0] == "i":
            for column, (n, j) in enumerate(held):
                values[:, column] = [xs[j] for xs in inputs[n]]
        arrays[k] = device_array(t, values)
    wp.launch(kernel, dim=count, inputs=list(arrays.values()), device="cpu")
    found: list[list[list[Any]]] = [[[None] * len(c.results) for _ in range(count)] for c in cases]
    for k, held in columns.items():
        if k[0] == "o":
            values = host_array(types.by_name(k[2:]), arrays[k])
            for column, (n, j) in enumerate(held):
                for i in range(count):
                    found[n][i][j] = values[i, column]
    return [[tuple(ys) for ys in rows] for rows in found]


def family(c: Case) -> str:
    """The kernel that a case goes into: one a scalar type keeps the compiler's work small."""
    return types.name(types.scalar((*c.operands, *c.results)[0]))


FAMILIES = sorted({family(c) for c in CASES})


@pytest.mark.parametrize("scalar", FAMILIES)
def test_meanings_agree_with_warp_in_a_kernel(scalar: str) -> None:
    cases = [c for c in CASES if family(c) == scalar]
    inputs = [samples(c.name, c.operands, c.key, 40) for c in cases]
    outputs = run_kernel(cases, inputs)
    found = [f for c, i, o in zip(cases, inputs, outputs, strict=True) for f in faults(c, i, o)]
    assert not found, "\n".join(found)


@wp.kernel(enable_backward=False, module="unique")
def search(table: wp.array(dtype=float), seeds: wp.array(dtype=wp.uint32), found: wp.array2d(dtype=int)):
    i = wp.tid()
    state = seeds[i]
    found[i, 0] = wp.sample_cdf(state, table)
    found[i, 1] = wp.lower_bound(table, 0.5)
    found[i, 2] = len(table)


def test_meanings_that_take_an_array_agree_with_warp() -> None:
    table = np.array([0.1, 0.2, 0.5, 0.5, 0.75, 1.0], np.float32)
    seeds = np.arange(50, dtype=np.uint32) * np.uint32(0x9E3779B1)
    found = wp.zeros((len(seeds), 3), dtype=int, device="cpu")
    wp.launch(
        search, dim=len(seeds), inputs=[device_array(F, table), device_array(wp.uint32, seeds), found], device="cpu"
    )
    for seed, (draw, bound, size) in zip(seeds, found.numpy(), strict=True):
        assert meant("sample_cdf")(seed, table)[0] == draw
        assert meant("lower_bound")(table, np.float32(0.5)) == bound
        assert meant("len")(table) == size


# --- the instrument itself -----------------------------------------------------------------------------------------


def test_every_value_builtin_has_a_meaning_or_a_reason() -> None:
    named = set(registry.by_name())
    assert not named - MEANINGS - set(UNWRITTEN)
    assert not MEANINGS & set(UNWRITTEN)
    assert set(UNWRITTEN) <= named
    assert {c.name for c in CASES} == MEANINGS - BY_ARRAY - SYNTAX, "every meaning is compared with Warp"


PLANTED: dict[str, Callable[..., Any]] = {
    "div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "rshift": lambda a, b: (a.view(f"u{a.itemsize}") >> b.view(f"u{b.itemsize}")).view(a.dtype)[()],
    "round": np.rint,
    "min": lambda a, b=None: np.min(a) if b is None else np.minimum(a, b),
    "sign": lambda x: np.sign(x),
    "frac": lambda x: x - np.floor(x),
    "floordiv": lambda a, b: np.trunc(a / b),
    "sin": lambda x: np.sin(x) * type(x)(1.000001),
    "dot": lambda a, b: meant("dot")(a[1:], b[1:]),
    "cross": lambda a, b: np.cross(b, a),
    "normalize": lambda a: a / np.sum(np.abs(a)),
    "transpose": lambda a: a.copy(),
    "quat_rotate": lambda q, v: meant("quat_rotate_inv")(q, v),
    "transform_multiply": lambda a, b: meant("transform_multiply")(b, a),
    "spatial_cross": lambda a, b: meant("spatial_cross_dual")(a, b),
    "quat_rpy": lambda r, p, y: meant("quat_rpy")(y, p, r),
    "randf": lambda state, *bounds: (np.float32(0.5), meant("randf")(state)[1]),
    "noise": lambda state, x: meant("noise")(np.uint32(int(state) ^ 1), x),
}
"""Wrong meanings, each a slip that one could make."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_meaning_is_caught(name: str) -> None:
    for s in (
        s for s in COVERED if s.name == name and exported(s) and family(case(s)) in ("float32", "int32", "uint32")
    ):
        inputs = samples(s.name, s.operands, s.key, 40)
        wrong = Case(s.name, s.operands, results(s), s.key, PLANTED[name])
        with np.errstate(all="ignore"):
            if faults(wrong, inputs, [run_python(s, xs) for xs in inputs]):
                return
    pytest.fail(f"a wrong {name} went unnoticed")
