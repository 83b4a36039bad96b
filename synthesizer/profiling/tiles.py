"""Reading calls about tiles: which keywords they have, and the types of the arrays and tiles."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import TileForm, name_of
from warpsmith.grammar.likely.tile_rules import SECTIONS, known
from warpsmith.grammar.profile import Rule
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.profiling.spelled import spelled, value_type

Form = tuple[str, Any, list[ast.expr]]
"""Head, result type (``"None"`` for none), and the operands that are typed."""

_WITH_FUNCTION = ("tile_map", "tile_reduce")
_FILLED = ("tile_full", "tile_from_thread")
_SETTLED = ("shape", "dtype", "storage", "bounds_check", "thread_idx", "offset")
"""Keywords that say nothing that a production is told apart by."""


def section(s: ast.stmt) -> str | None:
    """The statements of the family ``tiles`` that a statement is one of, by name; ``None`` for any other."""
    value = s.value if isinstance(s, (ast.Expr, ast.Assign)) else None
    name = spelled(value.func) if isinstance(value, ast.Call) else ""
    found = SECTIONS.get(name.removeprefix("wp.")) if name.startswith("wp.") else None
    return None if found is None else found.name


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
        made = types.is_scalar(dtype) and ndim <= 2
        return (f"{name}:shape,dtype{_storage(keywords)}", TileForm(dtype, ndim), []) if made else None  # type: ignore[arg-type]
    if name == "tile_matmul" and len(e.args) == 3:
        return name, "None", e.args
    if name == "tile_extract":
        tile = typed(e.args[0])
        whole = isinstance(tile, TileForm) and len(e.args) == 1 + tile.ndim
        return (name, tile.dtype, e.args) if whole else None
    return _of_table(e, name, keywords, typed)


def _of_table(
    e: ast.Call, name: str, keywords: dict[str | None, ast.expr], typed: Callable[[ast.expr], Any]
) -> Form | None:
    """The production of the family ``tiles`` that a call is."""
    operands, option = list(e.args), ""
    if name in _WITH_FUNCTION and operands:
        option = f":{spelled(operands.pop(0)).removeprefix('wp.')}"
    if isinstance(axis := keywords.get("axis"), ast.Constant):
        option += f"{',' if option else ':'}{axis.value!r}"
    if name in _FILLED:
        operands = [keywords["value"]] if "value" in keywords else operands[1:2]
    elif name == "tile_arange":
        operands = []
    elif name in ("tile_view", "tile_reshape", "tile_broadcast", "tile_astype", "tile_squeeze"):
        operands = operands[:1]
    result = typed(e)
    given = [typed(o) for o in operands]
    if result is None or None in given or not keywords.keys() <= {*_SETTLED, "axis", "value"}:
        return None
    rule = Rule(name + option, tuple(map(name_of, given)), name_of(result))
    return (rule.head, result, operands) if rule in known() else None


def _storage(keywords: dict[str | None, ast.expr]) -> str:
    storage = keywords.get("storage")
    return f",storage,{storage.value}" if isinstance(storage, ast.Constant) and isinstance(storage.value, str) else ""


def _load(e: ast.Call, keywords: dict[str | None, ast.expr], typed: Callable[[ast.expr], Any]) -> Form | None:
    array = typed(e.args[0]) if e.args else None
    if not isinstance(array, Array) or not types.is_scalar(array.dtype) or array.ndim > 2:
        return None
    offset = ",offset" if "offset" in keywords else ""
    return f"tile_load:shape{offset}{_storage(keywords)}", TileForm(array.dtype, array.ndim), e.args[:1]
