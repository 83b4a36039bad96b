"""The family of kernels on tiles."""

from __future__ import annotations

from functools import cache

from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.program import Program
from warpsmith.grammar.tiles.kernels import tile_program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.family import Family


def _draw(chooser: Chooser) -> Program:
    return tile_program(chooser, _numbers())


@cache
def _numbers() -> Grammar:
    """What functions that are mapped over tiles are drawn from: a whole array is nothing that they take."""
    return default_grammar().only(lambda p: not any(isinstance(t, Array) for t in p.operands))


TILES = Family("tiles", version=1, draw=_draw)
