"""The family of programs of several kernels that share functions and are launched one after the other."""

from __future__ import annotations

from functools import cache

from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.modules.program import module_program
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.family import Family


def _draw(chooser: Chooser) -> Program:
    return module_program(chooser, of_values())


@cache
def of_values() -> Grammar:
    """The default grammar but for what searches an array: one that an earlier kernel wrote is in no order."""
    return default_grammar().only(lambda p: not any(isinstance(t, Array) for t in p.operands))


MODULES = Family("modules", version=2, draw=_draw)
