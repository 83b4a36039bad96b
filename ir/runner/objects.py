"""Objects behind handles, built from records of the numbers that they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_object(kind: Any, data: Any) -> bool:
    """Whether an argument is a handle: a record, where the program's annotation says a number."""
    return data.dtype.names is not None and not hasattr(kind, "cls")


def build(wp: Any, data: Any, device: str) -> Any:
    """The object that a record describes; it lives as long as somebody holds it, and its ``id`` is the handle.

    Args:
        wp: Warp.
        data: a record without dimensions; its fields say what it is.
        device: Warp's name for the device.
    """
    return _BUILDERS[frozenset(data.dtype.names)](wp, data, device)


def _vectors(wp: Any, data: Any, device: str) -> Any:
    return wp.array(data, dtype=wp.vec3, device=device)


def _mesh(wp: Any, data: Any, device: str) -> Any:
    indices = wp.array(data["indices"], dtype=wp.int32, device=device)
    points, velocities = (_vectors(wp, data[name], device) for name in ("points", "velocities"))
    return wp.Mesh(points, indices, velocities, support_winding_number=True)


def _bvh(wp: Any, data: Any, device: str) -> Any:
    return wp.Bvh(_vectors(wp, data["lowers"], device), _vectors(wp, data["uppers"], device))


def _grid(wp: Any, data: Any, device: str) -> Any:
    grid = wp.HashGrid(4, 4, 4, device=device)
    grid.build(_vectors(wp, data["points"], device), float(data["width"]))
    return grid


EDGE = 8
"""Voxels along an edge of a leaf of NanoVDB's tree, in which every volume of ours has room."""


def _volume(wp: Any, data: Any, device: str) -> Any:
    """A volume of one leaf, whose table of values is the end of the grid's buffer.

    ``Volume.load_from_numpy`` makes the same with kernels, which take seconds to compile.
    """
    voxels, corner, edge = data["voxels"], data["corner"].tolist(), float(data["edge"])
    background = {"f": 0.0, "i": 0}[voxels.dtype.kind] if voxels.ndim == 3 else (0.0, 0.0, 0.0)
    upper = [x + edge * (EDGE - 1) for x in corner]
    volume = wp.Volume.allocate(
        corner, upper, edge, bg_value=background, points_in_world_space=True, translation=corner, device=device
    )
    leaf = np.zeros((EDGE,) * 3 + voxels.shape[3:], voxels.dtype)
    leaf[tuple(slice(0, n) for n in voxels.shape[:3])] = voxels
    buffer = volume.array()
    content = np.array(buffer.numpy())
    content[-leaf.nbytes :] = leaf.view(np.uint8).ravel()
    buffer.assign(content)
    return volume


_BUILDERS = {
    frozenset(("points", "velocities", "indices")): _mesh,
    frozenset(("lowers", "uppers")): _bvh,
    frozenset(("points", "width")): _grid,
    frozenset(("voxels", "corner", "edge")): _volume,
}
