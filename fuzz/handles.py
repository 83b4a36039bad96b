"""Objects behind handles, in the text of reproducers: the calls of Warp's public names that build them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from warpsmith.grammar.program import Object

Data = npt.NDArray[Any]


def built(wanted: Object, data: Data) -> str:
    """The expression that builds an object.

    Args:
        wanted: what it is.
        data: its numbers, a record as :func:`synthesizer.objects_data.object_data` makes it.
    """
    return _BUILT[wanted.kind](data)


def prepared(wanted: Object, name: str, data: Data) -> list[str]:
    """What follows the object's definition: a grid is filled."""
    if wanted.kind != "grid":
        return []
    return [f"{name}.build({_array(data['points'], 'wp.vec3')}, {float(data['width'])!r})"]


def _array(data: Any, dtype: str) -> str:
    return f'wp.array({data.tolist()!r}, dtype={dtype}, device="cpu")'


def _mesh(data: Data) -> str:
    parts = (
        _array(data["points"], "wp.vec3"),
        _array(data["indices"], "wp.int32"),
        _array(data["velocities"], "wp.vec3"),
    )
    return f"wp.Mesh({', '.join(parts)}, support_winding_number=True)"


def _bvh(data: Data) -> str:
    return f"wp.Bvh({_array(data['lowers'], 'wp.vec3')}, {_array(data['uppers'], 'wp.vec3')})"


def _grid(data: Data) -> str:
    return 'wp.HashGrid(4, 4, 4, device="cpu")'


def _volume(data: Data) -> str:
    voxels = data["voxels"]
    background = "(0.0, 0.0, 0.0)" if voxels.ndim == 4 else "0" if voxels.dtype.kind == "i" else "0.0"
    values = f"np.array({voxels.tolist()!r}, dtype=np.{np.dtype(voxels.dtype).name})"
    place = f"{data['corner'].tolist()!r}, {float(data['edge'])!r}, {background}"
    return f'wp.Volume.load_from_numpy({values}, {place}, device="cpu")'


_BUILT: dict[str, Callable[[Data], str]] = {"mesh": _mesh, "bvh": _bvh, "grid": _grid, "volume": _volume}
