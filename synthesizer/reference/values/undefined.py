"""What has no defined outcome, and what Warp's documentation leaves open: seen in the operands.

C leaves the first open (C17 6.5.5, 6.5.7, 6.3.1.4), and so does Warp, which compiles to C++.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.meanings import DTYPES
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.values.boxes import Box
from warpsmith.synthesizer.reference.values.jacobi import unconverged

Guard: TypeAlias = Callable[..., None]
"""Takes the operands' NumPy values; raises :class:`UndefinedError`."""


_RANGES = {t: (int(np.iinfo(DTYPES[t]).min), int(np.iinfo(DTYPES[t]).max)) for t in types.INTEGERS}
"""Least and greatest value of each integer type."""


def _division(part: Value, a: Any, b: Any) -> None:
    least, _ = _RANGES[part]
    if not np.ndim(b):
        # Python's integers are several times as fast as NumPy's
        if not int(b):
            raise UndefinedError("integer division by zero")
        if not least or int(b) != -1:
            return
    if not np.all(b):
        raise UndefinedError("integer division by zero")
    if least and np.any(b == -1) and np.any((a == least) & (b == -1)):
        raise UndefinedError("integer division overflows")


def _shift(part: Value, a: Any, b: Any) -> None:
    bits = types.BITS[part]
    inside = ((b >= 0) & (b < bits)).all() if np.ndim(b) else 0 <= int(b) < bits
    if not inside:
        raise UndefinedError(f"shift by {b} of {types.BITS[part]} bits")


def _to_integer(target: Value, x: Any) -> None:
    least, most = _RANGES[target]
    if not math.isfinite(x) or not least <= int(x) <= most:
        raise UndefinedError(f"conversion of {x} to {types.name(target)}")


def _bounds(state: Any, low: Any = None, high: Any = None) -> None:
    if low is not None and not low < high:
        raise UndefinedError(f"random integer in [{low}, {high})")


def _axes(value: Any, *axes: Any) -> None:
    if not all(0 <= a <= 2 for a in axes):
        raise UndefinedError(f"rotation about axes {', '.join(map(str, axes))}")


def _lattice(state: Any, x: Any, *rest: Any) -> None:
    # Lattice coordinates are cast to 32-bit integers.
    if not np.all(np.abs(x) < 2.0**31):
        raise UndefinedError(f"noise at {x}")


def _periods(state: Any, x: Any, *periods: Any) -> None:
    _lattice(state, x)
    if not all(p > 0 for p in periods):
        raise UndefinedError(f"noise of periods {', '.join(map(str, periods))}")


def _mean(state: Any, lam: Any) -> None:
    if not 0 <= lam < 2.0**31:
        raise UndefinedError(f"poisson of mean {lam}")


_INTEGER: dict[str, Callable[..., None]] = {
    **dict.fromkeys(("div", "mod", "floordiv", "cw_div", "div_approx"), _division),
    **dict.fromkeys(("lshift", "rshift"), _shift),
}


def _sequence(value: Any, i: Any, j: Any, k: Any) -> None:
    _axes(value, i, j, k)
    if j in (i, k):
        raise UndefinedError(f"angles about axes {i}, {j}, {k}: two rotations in a row about one axis are one")


_ALWAYS: dict[str, Guard] = {
    "randi": _bounds,
    "randu": _bounds,
    "quat_from_euler": _axes,
    "quat_to_euler": _sequence,
    "noise": _lattice,
    "curlnoise": _lattice,
    "pnoise": _periods,
    "poisson": _mean,
}
_CASTS = {"int": types.by_name("int32")} | {types.name(t): t for t in types.INTEGERS}


def guard(name: str, operands: tuple[Value, ...]) -> Guard | None:
    """What to check before a builtin is evaluated on operands of those types, if anything."""
    if name in _ALWAYS:
        return _ALWAYS[name]
    kinds = [types.kind(types.scalar(t)) for t in operands if isinstance(t, type)]
    if name in _CASTS and kinds == ["float"]:
        return partial(_to_integer, _CASTS[name])
    if name in _INTEGER and kinds[1:] == ["int"]:
        return partial(_INTEGER[name], types.scalar(operands[1]))
    return None


def _asymmetric(a: Any) -> str:
    return "" if np.array_equal(a, a.T, equal_nan=True) else "eigenvectors of a matrix that is not symmetric"


def _infinite(*operands: Any) -> str:
    unbounded = any(x.dtype.kind == "f" and not np.isfinite(x).all() for x in operands)
    return "a matrix, a rotation or a point that is not finite" if unbounded else ""


def ambiguity(name: str, a: Any, error: Any) -> float:
    """How far two factorisations of a matrix with that error bound may be apart; 0 where there is one alone.

    Vectors of equal singular values may be turned, and of what is zero they may be any. All are finite. No singular
    value moves by more than the norm of what is added to the matrix (Weyl).
    """
    if not np.isfinite(a).all() or not np.isfinite(error).all():
        return 0.0
    scale = float(np.abs(a.astype(np.float64)).max()) or 1.0
    a64 = a.astype(np.float64) / scale  # so that no sum overflows
    if name == "eig3":
        values = np.sort(np.linalg.eigvalsh((a64 + a64.T) / 2))[::-1]
    else:
        values = np.linalg.svd(a64, compute_uv=False)
    size = float(np.abs(values).max())
    apart = values[:-1] - values[1:]
    gaps = {"qr3": values[-1:], "eig3": apart}.get(name, np.append(apart, values[1]))
    off = float(np.linalg.norm(np.broadcast_to(np.asarray(error) / scale, a.shape)))
    close = _CLOSE * float(np.finfo(a.dtype).eps) * size + 2.0 * off
    return 2.0 * max(1.0, (size + off) * scale) if min(gaps) <= close else 0.0


_CLOSE = 32.0
"""Units in the last place of the largest singular value that two may be apart and count as one."""


def may_be_singular(a: Any, error: Any) -> str:
    """Why nothing is known of the inverse of a matrix with that error bound, or ``""``: probes see a few directions."""
    if not np.isfinite(a).all():
        return ""
    values = np.linalg.svd(a.astype(np.float64), compute_uv=False)
    off = float(np.linalg.norm(np.broadcast_to(error, a.shape)))
    if not off and not np.linalg.det(a.astype(np.float64)):
        return ""
    limits = np.finfo(a.dtype)
    near = 4.0 * off + _CLOSE * float(limits.eps) * values[0]
    # The determinant is a sum of products that may vanish one by one.
    vanishes = np.prod(values) < float(limits.tiny) / float(limits.eps)
    return "the inverse of a matrix that may be singular" if vanishes or not values[-1] > near else ""


def _without_area(*vertices: Any) -> str:
    """Three points on a line are no triangle: they span no plane, on which the algorithm rests."""
    for a, b, c in (vertices[:3], vertices[3:]):
        u, v = (np.asarray(x - a, np.float64) for x in (b, c))
        if not np.linalg.norm(np.cross(u, v)) > 1e-6 * np.linalg.norm(u) * np.linalg.norm(v):
            return "a triangle without area"
    return ""


def _touching(*vertices: Any) -> str:
    """Whether a corner or an edge touches the other triangle's plane or edges, as far as rounding can tell."""
    points = [np.asarray(v, np.float64) for v in vertices]
    size = max(float(np.abs(p).max()) for p in points)
    first, second = points[:3], points[3:]
    corners = [(*first, p) for p in second] + [(*second, p) for p in first]
    edges = [(a, b, c, d) for a, b in combinations(first, 2) for c, d in combinations(second, 2)]
    for p, q, r, s in (*corners, *edges):
        normal, extent = np.cross(q - p, r - p), np.linalg.norm(q - p) * np.linalg.norm(r - p)
        if abs(normal @ (s - p)) <= _CLOSE * float(np.finfo(vertices[0].dtype).eps) * extent * size:
            return "triangles that touch, or may"
    return ""


def _below_tolerance(p1: Any, q1: Any, p2: Any, q2: Any, epsilon: Any) -> str:
    """Where "an edge whose squared length is ``<= epsilon``" is a point, and epsilon is below 0, 0 / 0 is left."""
    shortest = min(float((b - a) @ (b - a)) for a, b in ((p1, q1), (p2, q2)))
    return "an edge of no length that the tolerance lets through" if shortest == 0.0 and not epsilon >= 0.0 else ""


def _far_out(a: Any, b: Any, t: Any) -> str:
    # The angle between the two is multiplied by t, and so is its rounding.
    turns = abs(float(t)) * float(np.finfo(t.dtype).eps)
    if not turns < 2.0**-8:
        return "an interpolation so far out that it may come round anywhere"
    # "Rotation at t = 0, with unit length": a little off it is well-behaved all the same.
    length = float(np.linalg.norm(a.astype(np.float64)))
    return "" if 0.5 <= length <= 2.0 else "an interpolation from a quaternion that is no rotation"


UNSETTLED: dict[str, Callable[..., str]] = {
    # "Must be nonsingular", "a rotation matrix", "a unit axis", "vertices of a triangle": NaN is nothing of the kind.
    **dict.fromkeys(("determinant", "inverse", "inverse_approx", "svd2", "qr3", "quat_from_matrix"), _infinite),
    **dict.fromkeys(("transform_from_matrix", "transform_decompose", "quat_to_axis_angle"), _infinite),
    **dict.fromkeys(("quat_twist", "quat_twist_angle", "quat_twist_angle_signed"), _infinite),
    "svd3": lambda a: _infinite(a) or unconverged(a),
    "copysign": lambda x, y: "the sign of a NaN" if np.isnan(y) else "",  # IEEE 754 leaves it open, but for copies
    "closest_point_edge_edge": lambda *operands: _infinite(*operands) or _below_tolerance(*operands),
    "quat_slerp": _far_out,
    "intersect_tri_tri": lambda *vertices: _infinite(*vertices) or _without_area(*vertices) or _touching(*vertices),
    "eig3": lambda a: _infinite(a) or _asymmetric(a),  # "of a symmetric 3x3 matrix"
}
"""By builtin: takes the operands' values and returns why the documentation does not settle the result, or ``""``."""


def _comes_round(*numbers: int, period: float) -> Callable[..., bool]:
    """Whether one of those operands is so uncertain that its function may come round between two probes."""
    return lambda boxes: any(bool(np.any(np.asarray(boxes[i].error) >= period / 4)) for i in numbers)


def _divides_again(boxes: Sequence[Box]) -> bool:
    a, b = (np.asarray(box.value, np.float64) for box in boxes)
    off, also = (np.asarray(box.error) for box in boxes)
    return bool(np.any(off + np.abs(a / b) * also >= np.abs(b) / 4))


def _passes_a_pole(boxes: Sequence[Box]) -> bool:
    """Of the tangent: the sine of a distance, which is the cosine of the operand, is less than the distance."""
    (x,) = boxes
    return bool(abs(np.cos(np.float64(x.value))) <= x.error or x.error >= np.pi / 4)


def _passes_zero(boxes: Sequence[Box]) -> bool:
    """Of a power: whether the exponent is negative and the base may be 0."""
    base, exponent = boxes
    return bool(exponent.value - exponent.error < 0.0 and abs(np.float64(base.value)) <= base.error)


def _turns_about(boxes: Sequence[Box]) -> bool:
    """Of a direction: whether so much of the operand is its error that it may point nearly anywhere."""
    (x,) = boxes
    off = float(np.linalg.norm(np.broadcast_to(x.error, np.shape(x.value))))
    return off > 0.0 and not off < float(np.linalg.norm(np.asarray(x.value, np.float64))) / 4


PERIODIC: dict[str, Callable[[Sequence[Box]], bool]] = {
    **dict.fromkeys(("sin", "cos"), _comes_round(0, period=np.pi)),
    "tan": _passes_a_pole,
    "pow": _passes_zero,
    "normalize": _turns_about,
    "quat_from_axis_angle": _comes_round(1, period=2 * np.pi),
    "quat_rpy": _comes_round(0, 1, 2, period=2 * np.pi),
    "frac": _comes_round(0, period=1.0),
    "mod": _divides_again,
    **dict.fromkeys(("noise", "pnoise", "curlnoise"), _comes_round(1, period=1.0)),
}
"""By builtin: from operands' boxes, whether probes at the ends of errors may miss a period, a pole or a direction."""

SIGNLESS = frozenset(("min", "max", "clamp"))
"""Builtins of which the documentation says that the sign of a zero they yield is implementation-defined."""
