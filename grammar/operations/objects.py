"""What reads an object behind a handle: meshes, hierarchies of boxes, grids of points, volumes.

Objects are records of NumPy arrays:

- a mesh: ``points``, ``velocities``, ``indices``, three for each triangle;
- a bvh: ``lowers`` and ``uppers`` of its boxes;
- a grid: ``points``, and the ``width`` of its cells;
- a volume: ``voxels`` by three indices, the ``corner`` of the first one in the world, and the ``edge`` of each.

An observation is given the object, how far its other operands may be off at most (each component of them), and their
values. Meanings are by brute force. What is not determined has an infinite error: the face, where several are as close;
the sign, where a mesh is not closed; everything but ``result``, where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar.operations import shapes
from warpsmith.grammar.operations.derivative import Gradients, OperationStep, is_float, untyped, zero
from warpsmith.grammar.operations.operation import Interval, Observation, Operation, Slope
from warpsmith.grammar.operations.volumes import INF, STEPS, Pair, largest, lookup, sample, transformed, wide


def _nothing(fields: int, result: Pair) -> list[Pair]:
    """A struct of which its ``result`` is known at most."""
    return [result, *[(0, INF)] * (fields - 1)]


# --- meshes ----------------------------------------------------------------------------------------------------------


def triangles(mesh: Any) -> Any:
    """The corners of a mesh's faces: an array of shape (faces, 3, 3)."""
    return wide(mesh["points"])[mesh["indices"]].reshape(-1, 3, 3)


def closed(mesh: Any) -> bool:
    """Whether every edge belongs to two faces, once in each direction: only such a mesh has an inside."""
    faces = mesh["indices"].reshape(-1, 3)
    edges = {(int(f[i]), int(f[i - 2])) for f in faces for i in range(3)}
    return len(edges) == faces.size and all((b, a) in edges for a, b in edges)


def _corners(mesh: Any, face: Any) -> Any:
    count = len(mesh["indices"]) // 3
    if not 0 <= face < count:
        raise UndefinedError(f"face {face} of a mesh of {count} faces")
    return triangles(mesh)[face]


def _located(mesh: Any, number: int, weights: Any, error: float) -> list[Pair]:
    """Face and barycentric coordinates of a point that is known to within an error."""
    corners = triangles(mesh)[number]
    edges = corners - np.roll(corners, 1, axis=0)
    lengths = np.linalg.norm(edges, axis=1)
    height = np.linalg.norm(np.cross(edges[0], edges[1])) / lengths.max()
    slack = (error + STEPS * largest(corners)) * (lengths.max() / height) / height
    return [(number, 0.0), (weights[0], slack), (weights[1], slack)]


def _closest(signed: bool, apart: float = 0.0) -> Observation:
    """The closest point; with the sign of the distance. Faces that are closer than ``apart`` to each other tie."""

    def observation(mesh: Any, off: float, point: Any, most: Any, *_: Any) -> list[Pair]:
        point, faces = wide(point), triangles(mesh)
        weights = [shapes.weights_of_closest(f, point) for f in faces]
        distances = np.array([np.linalg.norm(w @ f - point) for w, f in zip(weights, faces, strict=True)])
        slack = 2 * off + STEPS * largest(point, faces)
        # distances are compared by their squares: near the surface their roots are less certain
        slack = max(slack, min(np.sqrt(slack), slack / max(float(distances.min()), 1e-9)))
        best = int(distances.argmin())
        found = (distances[best] < most, INF if abs(distances[best] - most) <= slack else 0.0)
        if found[1] or not found[0]:
            return _nothing(5, found)
        tie = bool((np.delete(distances, best) - distances[best] <= 2 * slack + apart).any())
        sign = (-1.0 if shapes.winding_number(faces, point) > 0.5 else 1.0, 0.0)
        if not signed or not closed(mesh) or distances[best] <= slack + apart or (apart and tie):
            sign = (0.0, INF)
        place = [(best, INF), (0.0, INF), (0.0, INF)] if tie else _located(mesh, best, weights[best], slack)
        return [found, sign, *place]

    return observation


def _furthest(mesh: Any, off: float, point: Any, least: Any) -> list[Pair]:
    """The furthest point, which is a vertex."""
    faces = triangles(mesh)
    distances = np.linalg.norm(faces - wide(point), axis=2)
    slack = 2 * off + STEPS * largest(point, faces)
    face, corner = np.unravel_index(int(distances.argmax()), distances.shape)
    most = float(distances[face, corner])
    found = (most > least, INF if abs(most - least) <= slack else 0.0)
    if found[1] or not found[0]:
        return _nothing(5, found)
    tie = int((distances >= most - 2 * slack).sum()) > 1
    place = [(int(face), INF), (0.0, INF), (0.0, INF)] if tie else _located(mesh, int(face), np.eye(3)[corner], slack)
    return [found, (0.0, INF), *place]


def _hits(mesh: Any, off: float, start: Any, direction: Any, most: float) -> tuple[list[tuple[Any, ...]], bool]:
    """Every face that a ray hits within a distance: how far, number, weights, slack; and whether that is sure."""
    start, direction = wide(start), wide(direction)
    found, sure = [], True
    for number, corners in enumerate(triangles(mesh)):
        met = shapes.hit(corners, start, direction)
        facing = abs(shapes.normal(corners) @ direction)
        if met is None or facing < 1e-3 * np.linalg.norm(direction):  # along the plane, where small errors are large
            sure = sure and met is not None and (met[1].min() < -1.0 or met[0] < -1.0)
            continue
        t, weights = met
        slack = (off * (1 + abs(t)) + STEPS * largest(start, direction, corners) * (1 + abs(t))) / facing
        edges = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
        narrow = slack * np.linalg.norm(direction) * edges.max() / np.linalg.norm(np.cross(*(corners[1:] - corners[0])))
        if weights.min() < -narrow or t < -slack or t > most + slack:
            continue
        if weights.min() <= narrow or t <= slack or abs(t - most) <= slack:
            sure = False
        found.append((t, number, weights, slack, narrow))
    return sorted(found, key=lambda row: float(row[0])), sure


def _ray(mesh: Any, off: float, start: Any, direction: Any, most: Any, *_: Any) -> list[Pair]:
    """The closest hit; the second operand need not be a unit."""
    found, sure = _hits(mesh, off, start, direction, float(most))
    if not sure:
        return _nothing(7, (False, INF))
    if not found:
        return _nothing(7, (False, 0.0))
    t, number, weights, slack, narrow = found[0]
    face = shapes.normal(triangles(mesh)[number])
    tie = len(found) > 1 and found[1][0] - t <= slack + found[1][3]
    pairs = [
        (True, 0.0),
        (-np.sign(face @ wide(direction)), 0.0),
        (number, 0.0),
        (t, slack),
        (weights[0], narrow),
        (weights[1], narrow),
        (face, STEPS),
    ]
    if not tie:
        sign, *rest = pairs[1:]
        # the documentation says which sign the front has, and not how large it is
        return [pairs[0], sign, *rest]
    return [pairs[0], *((v, e if i == 2 else INF) for i, (v, e) in enumerate(pairs[1:]))]


def _any_hit(mesh: Any, off: float, start: Any, direction: Any, most: Any, *_: Any) -> list[Pair]:
    found, sure = _hits(mesh, off, start, direction, float(most))
    return [(bool(found), 0.0 if sure else INF)]


def _hit_count(mesh: Any, off: float, start: Any, direction: Any, *_: Any) -> list[Pair]:
    found, sure = _hits(mesh, off, start, direction, INF)
    return [(len(found), 0.0 if sure else INF)]


def _interpolated(name: str) -> Observation:
    """A value between those of a face's corners."""

    def observation(mesh: Any, off: float, face: Any, u: Any, v: Any) -> list[Pair]:
        _corners(mesh, face)
        values = wide(mesh[name])[mesh["indices"]].reshape(-1, 3, 3)[face]
        weights = np.array((float(u), float(v), 1.0 - float(u) - float(v)))
        spread = float(np.abs(values - values[2]).max())
        return [(weights @ values, 2 * off * spread + STEPS * largest(values) * largest(weights))]

    return observation


def _vertex(name: str) -> Observation:
    """What belongs to the vertex at a place in the index buffer."""

    def observation(mesh: Any, off: float, index: Any) -> list[Pair]:
        return [(mesh[name][_at(mesh["indices"], index)], 0.0)]

    return observation


def _at(indices: Any, index: Any) -> Any:
    if not 0 <= index < len(indices):
        raise UndefinedError(f"place {index} of {len(indices)} indices")
    return indices[index]


def _face_boxes(mesh: Any, off: float) -> list[Pair]:
    """The hierarchy of a mesh: the boxes around its faces."""
    corners = mesh["points"][mesh["indices"]].reshape(-1, 3, 3)
    count = len(corners)
    boxes = np.zeros((), [("lowers", "f4", (count, 3)), ("uppers", "f4", (count, 3))])
    boxes["lowers"], boxes["uppers"] = corners.min(axis=1), corners.max(axis=1)
    return [(boxes[()], 0.0)]


# --- what is iterated over -------------------------------------------------------------------------------------------

Numbers: TypeAlias = tuple[list[int], list[int]]
"""What a query yields in any case, and what it may yield, in no particular order."""


def _overlapping(gap: Callable[..., Any], boxes: Callable[[Any], tuple[Any, Any]]) -> Observation:
    """Everything whose distance from something is not positive.

    Args:
        gap: of a box and the operands, how far they are apart; negative where they overlap.
        boxes: of an object, the corners of its boxes.
    """

    def observation(data: Any, off: float, *operands: Any) -> Numbers:
        lows, highs = boxes(data)
        gaps = [gap(low, high, *map(wide, operands)) for low, high in zip(lows, highs, strict=True)]
        slack = 2 * off + STEPS * largest(lows, highs, *operands)
        return [i for i, g in enumerate(gaps) if g < -slack], [i for i, g in enumerate(gaps) if g <= slack]

    return observation


def _of_bvh(bvh: Any) -> tuple[Any, Any]:
    return wide(bvh["lowers"]), wide(bvh["uppers"])


def _of_mesh(mesh: Any) -> tuple[Any, Any]:
    return triangles(mesh).min(axis=1), triangles(mesh).max(axis=1)


def _between(low: Any, high: Any, lower: Any, upper: Any, *_: Any) -> float:
    """Between two boxes: along the axis where they are furthest apart."""
    return float(np.maximum(lower - high, low - upper).max())


def _from_ball(low: Any, high: Any, center: Any, radius: Any, *_: Any) -> float:
    """Between a box and a ball; a negative radius is clamped."""
    return shapes.distance_to_box(low, high, center) - max(0.0, float(radius))


def _from_ray(low: Any, high: Any, start: Any, direction: Any, *_: Any) -> float:
    """Between a box and a ray: negative if it meets one that is somewhat smaller, 0 if only one that is larger."""
    return _growth(low, high, start, direction, 0.0)


def _from_capsule(low: Any, high: Any, start: Any, direction: Any, radius: Any, *_: Any) -> float:
    """As with a ray, and a box that has grown by the radius: documented as conservative in that way."""
    return _growth(low, high, start, direction, max(0.0, float(radius)))


_STEP = 1e-3
"""By how much boxes grow and shrink: more than rounding moves a ray."""
_SHORT = 1e-3
"""Shorter directions than that are none."""


def _growth(low: Any, high: Any, start: Any, direction: Any, grown: float) -> float:
    if np.linalg.norm(direction) < _SHORT:
        return 0.0  # its rounding turns it anywhere
    for step, gap in ((-_STEP, -_STEP), (_STEP, 0.0)):
        first, last = shapes.span_in_box(low - grown - step, high + grown + step, start, direction)
        if first <= last and last >= 0:
            return gap
    return 1.0


def _faces_in_ball(mesh: Any, off: float, center: Any, radius: Any) -> Numbers:
    """The faces with a point in the ball."""
    center, faces = wide(center), triangles(mesh)
    gaps = [np.linalg.norm(shapes.weights_of_closest(f, center) @ f - center) - max(0.0, float(radius)) for f in faces]
    slack = 2 * off + STEPS * largest(center, faces)
    return [i for i, g in enumerate(gaps) if g < -slack], [i for i, g in enumerate(gaps) if g <= slack]


def _neighbours(grid: Any, off: float, point: Any, radius: Any, *_: Any) -> Numbers:
    """The points within the radius, and any others: the cells around the point are visited."""
    distances = np.linalg.norm(wide(grid["points"]) - wide(point), axis=1)
    slack = 2 * off + STEPS * largest(grid["points"], point)
    return [i for i, d in enumerate(distances) if d < float(radius) - slack], list(range(len(distances)))


# --- records ---------------------------------------------------------------------------------------------------------

_FAR = Interval(0.25, 8.0)
_RADIUS = Interval(0.25, 2.0)


def _no_derivative(step: OperationStep, adjoint: Any) -> Gradients:
    """None is written: zeros, of which nothing is known (``OBSERVED``)."""
    return tuple(zero(x) if is_float(t) else None for t, x in zip(step.types, step.operands, strict=True))


def _record(kind: str, name: str, observation: Observation, **requires: Interval) -> Operation:
    return Operation(
        name,
        observes=kind,
        observation=observation,
        requires=requires,
        derivative=untyped(_no_derivative),
        slope=Slope.CONSTANT,
    )


_SAMPLES: Sequence[str] = ("volume_sample", "volume_sample_f", "volume_sample_v", "volume_sample_i")
_LOOKUPS: Sequence[str] = ("volume_lookup", "volume_lookup_f", "volume_lookup_v", "volume_lookup_i")

OBJECTS = (
    _record("mesh", "mesh_query_point", _closest(True), max_dist=_FAR),
    _record("mesh", "mesh_query_point_sign_parity", _closest(True), max_dist=_FAR),
    _record("mesh", "mesh_query_point_no_sign", _closest(False), max_dist=_FAR),
    _record("mesh", "mesh_query_point_sign_normal", _closest(True, 2e-3), max_dist=_FAR),
    _record("mesh", "mesh_query_point_sign_winding_number", _closest(True, 0.05), max_dist=_FAR),
    _record("mesh", "mesh_query_furthest_point_no_sign", _furthest, min_dist=Interval(0.0, 1.0)),
    _record("mesh", "mesh_query_ray", _ray, max_t=_FAR),
    _record("mesh", "mesh_query_ray_anyhit", _any_hit, max_t=_FAR),
    _record("mesh", "mesh_query_ray_count_intersections", _hit_count),
    _record("mesh", "mesh_query_aabb", _overlapping(_between, _of_mesh)),
    _record("mesh", "mesh_query_sphere", _faces_in_ball, radius=_RADIUS),
    _record("mesh", "mesh_eval_position", _interpolated("points")),
    _record("mesh", "mesh_eval_velocity", _interpolated("velocities")),
    _record("mesh", "mesh_eval_face_normal", lambda m, off, face: [(shapes.normal(_corners(m, face)), STEPS)]),
    _record("mesh", "mesh_get_point", _vertex("points")),
    _record("mesh", "mesh_get_velocity", _vertex("velocities")),
    _record("mesh", "mesh_get_index", lambda m, off, index: [(_at(m["indices"], index), 0.0)]),
    _record("mesh", "mesh_get_bvh", _face_boxes),
    _record("bvh", "bvh_query_aabb", _overlapping(_between, _of_bvh)),
    _record("bvh", "bvh_query_ray", _overlapping(_from_ray, _of_bvh)),
    _record("bvh", "bvh_query_sphere", _overlapping(_from_ball, _of_bvh), radius=_RADIUS),
    _record("bvh", "bvh_query_capsule", _overlapping(_from_capsule, _of_bvh), radius=_RADIUS),
    _record("grid", "hash_grid_query", _neighbours, max_dist=_RADIUS),
    *(_record("volume", name, sample) for name in _SAMPLES),
    *(_record("volume", name, lookup) for name in _LOOKUPS),
    _record("volume", "volume_index_to_world", transformed(True, False)),
    _record("volume", "volume_world_to_index", transformed(False, False)),
    _record("volume", "volume_index_to_world_dir", transformed(True, True)),
    _record("volume", "volume_world_to_index_dir", transformed(False, True)),
    *(
        Operation(name, observes="query")
        for name in ("bvh_query_next", "mesh_query_next", "mesh_query_aabb_next", "hash_grid_query_next")
    ),
)
