"""The numbers that objects are made of, drawn from a seed: records of NumPy arrays.

Coordinates are from -2 to 2, or somewhat more, multiples of a power of two, and different from each other, so that
seldom two things are as close to a third.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.grammar.program import Object

Data: TypeAlias = npt.NDArray[Any]

_TETRAHEDRON = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
_TETRAHEDRON_FACES = ((0, 1, 2), (0, 3, 1), (0, 2, 3), (1, 3, 2))
_OCTAHEDRON = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
_OCTAHEDRON_FACES = ((0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5))


def object_data(wanted: Object, generator: np.random.Generator) -> Data:
    """The numbers of an object, as a record without dimensions, see :mod:`grammar.operations.objects`."""
    fields = _DRAWN[wanted.kind](wanted, generator)
    made = np.zeros((), [(name, data.dtype, data.shape) for name, data in fields.items()])
    for name, data in fields.items():
        made[name] = data
    return made


def _near(generator: np.random.Generator, shape: tuple[int, ...], reach: float) -> Data:
    """Multiples of 2^-12 between minus and plus ``reach``."""
    return (generator.integers(-4096, 4097, shape) * (reach / 4096)).astype(np.float32)


def _mesh(wanted: Object, generator: np.random.Generator) -> dict[str, Data]:
    """A tetrahedron or an octahedron, pushed out of shape; or triangles that share no corner."""
    if wanted.style == "closed":
        corners, faces = (_TETRAHEDRON, _TETRAHEDRON_FACES) if wanted.size == 4 else (_OCTAHEDRON, _OCTAHEDRON_FACES)
        points = np.array(corners, np.float32) * np.float32(1.5) + _near(generator, (len(corners), 3), 0.25)
        indices = np.array(faces, np.int32).ravel()
    else:
        centers = _near(generator, (wanted.size, 1, 3), 1.5)
        # each corner on an axis of its own, so that no triangle is thin
        offsets = np.eye(3, dtype=np.float32) * np.float32(0.75) + _near(generator, (wanted.size, 3, 3), 0.125)
        points, indices = (centers + offsets).reshape(-1, 3), np.arange(3 * wanted.size, dtype=np.int32)
    return {"points": points, "velocities": _near(generator, points.shape, 1.0), "indices": indices}


def _bvh(wanted: Object, generator: np.random.Generator) -> dict[str, Data]:
    lowers = _near(generator, (wanted.size, 3), 1.5)
    return {"lowers": lowers, "uppers": lowers + np.abs(_near(generator, (wanted.size, 3), 1.0)) + np.float32(0.125)}


def _grid(wanted: Object, generator: np.random.Generator) -> dict[str, Data]:
    return {"points": _near(generator, (wanted.size, 3), 1.5), "width": np.array(0.75, np.float32)}


def _volume(wanted: Object, generator: np.random.Generator) -> dict[str, Data]:
    extent = (wanted.size,) * 3
    if wanted.style == "int32":
        voxels: Data = generator.integers(-9, 10, extent).astype(np.int32)
    else:
        voxels = _near(generator, (*extent, 3) if wanted.style == "vec3f" else extent, 2.0)
    return {
        "voxels": voxels,
        "corner": _near(generator, (3,), 0.5) - np.float32(1.5),
        "edge": np.array(0.75, np.float32),
    }


_DRAWN: dict[str, Callable[[Object, np.random.Generator], dict[str, Data]]] = {
    "mesh": _mesh,
    "bvh": _bvh,
    "grid": _grid,
    "volume": _volume,
}
