"""The productions on tiles, as rules: those of the family ``tiles``, whatever the extents are."""

from __future__ import annotations

from functools import cache

import warp as wp

from warpsmith.grammar.likely.scope import TileForm, name_of
from warpsmith.grammar.operations.operators import BINARY, UNARY
from warpsmith.grammar.production import Production
from warpsmith.grammar.profile import Rule
from warpsmith.grammar.tiles.statements import STATEMENTS, Statement
from warpsmith.grammar.tiles.table import Shapes, operands, productions, result
from warpsmith.grammar.types import Tile, Value

_SIZED = ("tile_full", "tile_from_thread", "tile_arange", "tile_broadcast")
"""Their productions are spelled with the extents of what they yield."""
_HEADS = {name: f"bin:{operator.__name__}" for operator, name in reversed(BINARY.items())}
_HEADS |= {name: f"un:{operator.__name__}" for operator, name in UNARY.items()}
"""Of what operators stand for; a builtin of several operators is written as the first."""
_APART = ("tile_zeros", "tile_ones", "index")
"""Drawn elsewhere: with keywords of their own, or as an element."""

SECTIONS: dict[str, Statement] = {
    builtin: s
    for s in STATEMENTS
    for builtin in s.covers
    if builtin not in ("tile_load", "tile_matmul", "tile_extract")
}
"""What takes several statements, by the builtins that it uses."""


def form_of(t: Tile | Value) -> str:
    """The name of a type, whatever its extents are."""
    return name_of(TileForm(t.dtype, 0 if t.shape == (1,) else len(t.shape)) if isinstance(t, Tile) else t)


@cache
def by_rule(size: int, name: str) -> dict[Rule, Production]:
    """The productions for tiles that are so long on every axis, which the file calls by that name."""
    found: dict[Rule, Production] = {}
    for part in (wp.float32, wp.float64):
        for p in productions(Shapes(size, size, part, {size: name} if name else {})):
            if p.builtin not in _APART:
                head = _HEADS.get(p.builtin) or p.builtin + ("" if p.builtin in _SIZED else p.spelling)
                found.setdefault(Rule(head, tuple(map(form_of, operands(p))), form_of(result(p))), p)
    return found


@cache
def known() -> frozenset[Rule]:
    """All rules of them."""
    return frozenset(by_rule(4, "N"))
