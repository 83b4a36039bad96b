"""The first family: programs whose entry is a kernel."""

from __future__ import annotations

from grammar.chooser import Chooser
from grammar.grammar import default_grammar
from grammar.kernels import kernel_program
from grammar.program import Program
from synthesizer.family import Family


def _draw(chooser: Chooser) -> Program:
    return kernel_program(chooser, default_grammar())


KERNELS = Family("kernels", version=1, draw=_draw)
