"""The family of kernels on tiles."""

from __future__ import annotations

from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.program import Program
from warpsmith.grammar.tiles.kernels import tile_program
from warpsmith.synthesizer.family import Family


def _draw(chooser: Chooser) -> Program:
    return tile_program(chooser, default_grammar())


TILES = Family("tiles", version=1, draw=_draw)
