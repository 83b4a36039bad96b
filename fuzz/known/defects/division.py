"""Division and its remainder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from warpsmith.fuzz.known.known import GRADIENT, Known
from warpsmith.fuzz.known.trees import calls, operates, wherever
from warpsmith.grammar import types
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, On, Unknown, place
from warpsmith.synthesizer.reference.run.tree import walk

_INTEGER_VECTORS = {types.name(t) for t in types.COMPOSITES if types.scalar(t) in types.INTEGERS}


def _remainder(tree: ast.Module) -> bool:
    return operates(tree, ast.Mod)


def _divides(tree: ast.Module) -> bool:
    return operates(tree, ast.Div) or calls(tree, "div_approx", "cw_div")


def _of_integer_vectors(tree: ast.Module) -> Iterator[At]:
    """Divisions, in a program that has vectors or matrices of integers."""
    if _INTEGER_VECTORS.intersection(n.attr for n in walk(tree) if isinstance(n, ast.Attribute)):
        for node in walk(tree):
            if isinstance(getattr(node, "op", None), ast.Div):
                yield At(place(node), Unknown.VALUE)


def _square_is_lost(a: Any, b: Any) -> bool:
    """Whether the square of the number that divides a composite has other digits than it should have.

    Or the sum that is divided by it, of the composite times what flows back, may have: there may flow as much as the
    root of the largest number.
    """
    if not np.ndim(a) or np.ndim(b) or b.dtype.kind != "f" or not b or not np.isfinite(b):
        return False
    limits = np.finfo(b.dtype)
    most = float(limits.max) ** 0.5
    return not float(limits.tiny) ** 0.5 < abs(float(b)) < most or not float(np.abs(a).max()) * a.size < most


KNOWN = (
    Known("remainder-gradient", (("gradient", Stage.VALUE),), wherever(_remainder, On("mod", Unknown.DERIVATIVE))),
    Known("division-of-integer-vectors", (("accepted", Stage.CRASH),), _of_integer_vectors, runs=False),
    Known(
        "division-of-integer-vectors",  # the same line, of floats
        GRADIENT,
        wherever(
            _divides,
            *(On(name, Unknown.DERIVATIVE, when=_square_is_lost) for name in ("div", "div_approx", "cw_div")),
        ),
    ),
)
