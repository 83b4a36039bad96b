"""The public Hypothesis strategy: one composite, plain recursion inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from warpsmith.fem.integrands.draw import integrand_program
from warpsmith.grammar.chooser import DrawnChooser
from warpsmith.grammar.grammar import Grammar
from warpsmith.grammar.program import Program


def integrands(*, grammar: Grammar | None = None) -> SearchStrategy[Program]:
    """Integrands of ``warp.fem``: linear, bilinear and constant forms, with where they are integrated.

    Args:
        grammar: productions for expressions over values; without, all of the default grammar that integrands use.
    """

    @st.composite
    def strategy(draw: Callable[[SearchStrategy[Any]], Any]) -> Program:
        return integrand_program(DrawnChooser(lambda low, high: draw(st.integers(low, high))), grammar)

    return strategy()
