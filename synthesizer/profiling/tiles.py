"""Reading calls about tiles: which keywords they have, and the types of the arrays and tiles."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import TileForm
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.profiling.spelled import spelled, value_type

Form = tuple[str, Any, list[ast.expr]]
"""Head, result type (``"None"`` for none), and the operands that are typed."""


def form(e: ast.Call, name: str, typed: Callable[[ast.expr], Any]) -> Form | None:
    """The form of a call about tiles, or ``None``.

    Args:
        e: the call.
        name: of the builtin.
        typed: the type of an expression.
    """
    keywords = {k.arg: k.value for k in e.keywords}
    if name == "tile_load":
        return _load(e, keywords, typed)
    if name in ("tile_store", "tile_atomic_add") and len(e.args) == 2:
        return f"{name}:offset" if "offset" in keywords else f"{name}:", "None", e.args
    if name in ("tile_zeros", "tile_ones"):
        shape = keywords.get("shape", e.args[0] if e.args else None)
        dtype = value_type(spelled(keywords["dtype"])) if "dtype" in keywords else wp.float32
        ndim = len(shape.elts) if isinstance(shape, ast.Tuple) else 1
        return (f"{name}:shape,dtype", TileForm(dtype, ndim), []) if isinstance(dtype, type) and ndim <= 2 else None
    if name == "tile_map" and len(e.args) == 2 and spelled(e.args[0]) in _MAPPED:
        return f"{name}:{spelled(e.args[0])}", typed(e.args[1]), e.args[1:]
    if name in ("tile_sum", "tile_min", "tile_max") and len(e.args) == 1 and not keywords:
        t = typed(e.args[0])
        return (name, TileForm(t.dtype, 0), e.args) if isinstance(t, TileForm) and t.ndim else None
    if name == "tile_matmul" and len(e.args) in (2, 3) and not keywords:
        return name, typed(e.args[0]) if len(e.args) == 2 else "None", e.args
    if name == "tile_transpose" and len(e.args) == 1:
        return name, typed(e.args[0]), e.args
    return None


_MAPPED = ("wp.sin", "wp.cos", "wp.abs", "wp.exp", "wp.neg", "wp.tanh")


def _load(e: ast.Call, keywords: dict[str | None, ast.expr], typed: Callable[[ast.expr], Any]) -> Form | None:
    array = typed(e.args[0]) if e.args else None
    if not isinstance(array, Array) or not types.is_scalar(array.dtype) or array.ndim > 2:
        return None
    given = ["shape", *(k for k in ("offset", "storage") if k in keywords)]
    storage = keywords.get("storage")
    if isinstance(storage, ast.Constant):
        given.append(str(storage.value))
    return f"tile_load:{','.join(given)}", TileForm(array.dtype, array.ndim), e.args[:1]
