"""Geometry: triangle against triangle, segment against segment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from warpsmith.grammar.operations.matrix import CLOSE
from warpsmith.grammar.operations.operation import Operation, settled_if_finite
from warpsmith.grammar.operations.rounding import Bounded, Rounding
from warpsmith.grammar.operations.scalar import clamp
from warpsmith.grammar.operations.values import array, cross, dot, dtype_of
from warpsmith.grammar.operations.vector import length


def _side(d: Any) -> Any:
    """Distances to a plane, those within 1e-6 (an absolute bound) taken as zero."""
    return np.where(abs(d) < 1e-6, dtype_of(d)(0), d)


def _interval(p: Any, d: Any) -> tuple[Any, Any] | None:
    """Where a triangle meets the common line: from the vertex that is alone on its side, along its two edges."""
    if d[0] * d[1] > 0:
        alone = 2
    elif d[0] * d[2] > 0:
        alone = 1
    elif d[1] * d[2] > 0 or d[0] != 0:
        alone = 0
    elif d[1] != 0 or d[2] != 0:
        alone = 1 if d[1] != 0 else 2
    else:
        return None
    ends = [p[alone] + (p[o] - p[alone]) * d[alone] / (d[alone] - d[o]) for o in range(3) if o != alone]
    return min(ends), max(ends)


def _cross2(a: Any, b: Any) -> Any:
    return a[0] * b[1] - a[1] * b[0]


def _segments_meet(p: Any, q: Any, r: Any, s: Any) -> bool:
    """Whether pq and rs cross (Antonio, Graphics Gems III); parallel ones never do."""
    along, across, between = q - p, r - s, p - r
    f, d, e = -_cross2(along, across), _cross2(between, across), _cross2(along, between)
    if f < 0:
        f, d, e = -f, -d, -e
    return bool(f > 0 and 0 <= d <= f and 0 <= e <= f)


def _inside(p: Any, t: Any) -> bool:
    """Whether ``p`` is strictly inside the triangle ``t``."""
    sides = [_cross2(t[(i + 1) % 3] - t[i], p - t[i]) for i in range(3)]
    return bool(sides[0] * sides[1] > 0 and sides[0] * sides[2] > 0)


def _coplanar(normal: Any, v: Any, u: Any) -> bool:
    """The test in the coordinate plane where the triangles are largest."""
    axis = int(np.argmax(abs(normal)))
    v, u = np.delete(v, axis, 1), np.delete(u, axis, 1)
    edges = ((v[i], v[(i + 1) % 3], u[j], u[(j + 1) % 3]) for i in range(3) for j in range(3))
    return any(_segments_meet(*e) for e in edges) or _inside(v[0], u) or _inside(u[0], v)


def intersect_tri_tri(v0: Any, v1: Any, v2: Any, u0: Any, u1: Any, u2: Any) -> Any:
    """Möller, "A Fast Triangle-Triangle Intersection Test" (1997): 1 or 0."""
    v, u = np.stack([v0, v1, v2]), np.stack([u0, u1, u2])
    n1, n2 = cross(v1 - v0, v2 - v0), cross(u1 - u0, u2 - u0)
    du, dv = (_side(np.array([dot(n, x) - dot(n, o) for x in xs])) for n, o, xs in ((n1, v0, u), (n2, u0, v)))
    if any((d > 0).all() or (d < 0).all() for d in (du, dv)):
        return np.int32(0)
    axis = int(np.argmax(abs(cross(n1, n2))))
    first, second = _interval(v[:, axis], dv), _interval(u[:, axis], du)
    if first is None or second is None:
        return np.int32(_coplanar(n1, v, u))
    return np.int32(not (first[1] < second[0] or second[1] < first[0]))


def closest_point_edge_edge(p1: Any, q1: Any, p2: Any, q2: Any, epsilon: Any) -> Any:
    """Ericson, "Real-Time Collision Detection" (2005), 5.1.9: both parameters and the distance.

    An edge whose squared length is at most ``epsilon`` counts as a point.
    """
    n = dtype_of(p1)
    d1, d2, r = q1 - p1, q2 - p2, p1 - p2
    a, e, f, c, b = dot(d1, d1), dot(d2, d2), dot(d2, r), dot(d1, r), dot(d1, d2)
    zero, one = n(0), n(1)
    s = t = zero
    if a > epsilon and e <= epsilon:
        s = clamp(-c / a, zero, one)
    elif e > epsilon and a <= epsilon:
        t = clamp(f / e, zero, one)
    elif a > epsilon:
        a64, e64, f64, c64, b64 = map(float, (a, e, f, c, b))  # differences of products cancel
        across = a64 * e64 - b64 * b64
        s = n(min(max((b64 * f64 - c64 * e64) / across, 0.0), 1.0)) if across > 0 else zero
        t = (b * s + f) / e
        if t < zero:
            s, t = clamp(-c / a, zero, one), zero
        elif t > one:
            s, t = clamp((b - c) / a, zero, one), one
    return array([s, t, length((p2 + d2 * t) - (p1 + d1 * s))], p1)


# --- what is unsettled, and what rounding is magnified by ------------------------------------------------------------


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
        if abs(normal @ (s - p)) <= CLOSE * float(np.finfo(vertices[0].dtype).eps) * extent * size:
            return "triangles that touch, or may"
    return ""


def _below_tolerance(p1: Any, q1: Any, p2: Any, q2: Any, epsilon: Any) -> str:
    """Where "an edge whose squared length is ``<= epsilon``" is a point, and epsilon is below 0, 0 / 0 is left."""
    shortest = min(float((b - a) @ (b - a)) for a, b in ((p1, q1), (p2, q2)))
    return "an edge of no length that the tolerance lets through" if shortest == 0.0 and not epsilon >= 0.0 else ""


def _doubtful_triangles(boxes: Sequence[Bounded]) -> str:
    vertices = [b.value for b in boxes]
    return settled_if_finite(boxes) or _without_area(*vertices) or _touching(*vertices)


def _doubtful_edges(boxes: Sequence[Bounded]) -> str:
    return settled_if_finite(boxes) or _below_tolerance(*(b.value for b in boxes))


def _flattened(operands: Sequence[Any], results: Sequence[Any]) -> float:
    """By how much the difference of products that tells two directions apart magnifies the rounding of the products."""
    p1, q1, p2, q2, *_ = operands
    one, other = q1 - p1, q2 - p2
    across = np.cross(one, other)
    square = float(across @ across)
    return max(1.0, float(one @ one) * float(other @ other) / square) if square else 1.0


GEOMETRY = (
    Operation(  # differences of points decide
        "intersect_tri_tri",
        intersect_tri_tri,
        unsettled=_doubtful_triangles,
        rounding=Rounding(outer=4.0, inner=4.0, normwise=True, degree=8),
    ),
    Operation(
        "closest_point_edge_edge",
        closest_point_edge_edge,
        unsettled=_doubtful_edges,
        rounding=Rounding(outer=4.0, inner=4.0, normwise=True, degree=4),
        steep=True,
        cancels=True,
        condition=_flattened,
    ),
)
