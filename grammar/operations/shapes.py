"""Distances, overlaps and hits by brute force, in float64: what queries of objects mean.

Everything is compared with everything. A triangle is an array of shape (3, 3), a box a pair of corners.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]


def weights_of_closest(corners: Points, point: Points) -> Points:
    """Weights of a triangle's corners in the point of it that is closest to another.

    Either the projection onto the plane lies within the triangle, or the closest point is that of one of its edges.
    """
    a, b, c = corners
    edges = np.stack((b - a, c - a), axis=1)
    solved = np.linalg.lstsq(edges, point - a, rcond=None)[0]
    inner = np.array((1 - solved.sum(), *solved))
    if inner.min() >= 0:
        return inner
    found = [_on_edge(corners, point, i, j) for i, j in ((0, 1), (1, 2), (2, 0))]
    return min(found, key=lambda w: float(np.linalg.norm(w @ corners - point)))


def _on_edge(corners: Points, point: Points, i: int, j: int) -> Points:
    along = corners[j] - corners[i]
    share = np.clip((point - corners[i]) @ along / (along @ along), 0.0, 1.0)
    weights = np.zeros(3)
    weights[i], weights[j] = 1 - share, share
    return weights


def normal(corners: Points) -> Points:
    """The unit normal of a triangle, by the order of its corners."""
    crossed = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return np.asarray(crossed / np.linalg.norm(crossed))


def winding_number(triangles: Points, point: Points) -> float:
    """How often a closed surface surrounds a point: the sum of solid angles (van Oosterom and Strackee, 1983)."""
    a, b, c = (triangles[:, i] - point for i in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c))
    dots = (np.einsum("ij,ij->i", x, y) * z for x, y, z in ((a, b, lc), (b, c, la), (c, a, lb)))
    return float(np.arctan2(volume, la * lb * lc + sum(dots)).sum() / (2 * np.pi))


def hit(corners: Points, start: Points, direction: Points) -> tuple[float, Points] | None:
    """Where the line of a ray meets a triangle's plane: how far along the ray, and the weights of the corners."""
    columns = np.stack((corners[0] - corners[2], corners[1] - corners[2], -direction), axis=1)
    if abs(np.linalg.det(columns)) < 1e-9:
        return None
    u, v, t = np.linalg.solve(columns, start - corners[2])
    return float(t), np.array((u, v, 1 - u - v))


def span_in_box(low: Points, high: Points, start: Points, direction: Points) -> tuple[float, float]:
    """From where to where the line of a ray is within a box; the first is greater where it is never."""
    first, last = -np.inf, np.inf
    for a, b, x, d in zip(low, high, start, direction, strict=True):
        if d == 0:
            if not a <= x <= b:
                return np.inf, -np.inf
            continue
        ends = sorted(((a - x) / d, (b - x) / d))
        first, last = max(first, ends[0]), min(last, ends[1])
    return float(first), float(last)


def distance_to_box(low: Points, high: Points, point: Points) -> float:
    """How far a point is from a box; 0 within."""
    return float(np.linalg.norm(np.maximum(0.0, np.maximum(low - point, point - high))))
