"""Single numbers: signs, NaN, special functions, and the search for a number in an array."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from warpsmith.fuzz.known.known import BOTH, Known
from warpsmith.fuzz.known.trees import called, calls, on_calls, operates, wherever
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, On, Unknown, place
from warpsmith.synthesizer.reference.run.tree import walk


def _negates(tree: ast.Module) -> bool:
    return operates(tree, ast.USub)


def _signs_of_angles(tree: ast.Module) -> Iterator[At]:
    """``copysign``, in a program that converts angles, of whatever type."""
    if calls(tree, "radians", "degrees"):
        for node in walk(tree):
            if called(node) == "copysign":
                yield At(place(node), Unknown.VALUE)


def _is_zero(x: Any) -> bool:
    """Of a number, or of an element of a tile."""
    if isinstance(x, dict):
        return any(_is_zero(element.value) for element in x.values())
    return bool(np.ndim(x) == 0 and x == 0)


def _has_nan(x: Any) -> bool:
    return bool(np.isnan(x).any())


def _near_zero(x: Any) -> bool:
    return bool(abs(x) < _FEW_DIGITS)


_FEW_DIGITS = 0.01
"""Below, the loss of low bits in the argument costs more than what the reference allows for."""


KNOWN = (
    Known(
        "copysign-of-a-converted-half",
        (("options", Stage.LAUNCH),),  # optimised
        _signs_of_angles,
        runs=False,
        first="1.18.0",
    ),
    Known("erfinv-near-zero", BOTH, on_calls(On("erfinv", Unknown.VALUE, when=_near_zero))),
    Known(
        "search-of-a-strided-array",
        (("options", Stage.VALUE), ("options", Stage.GRADIENT)),
        on_calls(On("lower_bound", Unknown.VALUE), On("sample_cdf", Unknown.VALUE)),
    ),
    Known("negation-of-zero", BOTH, wherever(_negates, On("neg", Unknown.VALUE, when=_is_zero))),
    Known("normalize-of-nan", BOTH, on_calls(On("normalize", Unknown.VALUE, when=_has_nan))),
)
