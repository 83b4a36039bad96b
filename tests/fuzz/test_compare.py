"""The comparison that every oracle of values rests on: what is a difference, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
import warp as wp

from warpsmith.fuzz.oracles.compare import compare
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.kernels import KERNELS

NAN, INF = float("nan"), float("inf")


def case() -> Case:
    """A case with one array argument; the comparison reads its name alone."""
    drawn = KERNELS.synthesize(0)
    launch = Launch((2,), (Argument("out", Array(wp.float32, 1), (2,), written=True),))
    return Case(Program(drawn.module, drawn.entry, launch, (), ()), (), ())


def differs(want: list[float], got: list[float], bound: list[float], dtype: type = np.float32) -> str:
    found = compare(case(), [np.array(want, dtype)], [np.array(got, dtype)], [np.array(bound)])
    assert found.components == len(want)
    return found.where


@pytest.mark.parametrize(
    ("want", "got", "bound", "where"),
    [
        ([1.0, 2.0], [1.0, 2.0], [0, 0], ""),
        ([1.0, 2.0], [1.0, 2.0000002], [0, 0], "out[1]"),
        ([1.0, 2.0], [1.5, 2.0], [0.5, 0], ""),
        ([1.0, 2.0], [1.6, 2.0], [0.5, 0], "out[0]"),
        ([NAN, 2.0], [NAN, 2.0], [0, 0], ""),
        ([NAN, 2.0], [1.0, 2.0], [0.1, 0], "out[0]"),
        ([1.0, 2.0], [1.0, NAN], [0.1, 0.1], "out[1]"),
        ([INF, 2.0], [INF, 2.0], [0, 0], ""),
        ([INF, 2.0], [-INF, 2.0], [0, 0], "out[0]"),
        ([0.0, 2.0], [-0.0, 2.0], [0, 0], "out[0]"),
        ([0.0, 2.0], [-0.0, 2.0], [1e-30, 0], ""),
        ([1.0, 2.0], [9.0, 2.0], [INF, 0], ""),
        ([NAN, 2.0], [9.0, 3.0], [INF, 0], "out[1]"),
    ],
)
def test_floats_differ_beyond_their_bound_alone(
    want: list[float], got: list[float], bound: list[float], where: str
) -> None:
    assert differs(want, got, bound) == where


def test_integers_differ_by_one() -> None:
    assert differs([1, 2], [1, 2], [0, 0], np.int32) == ""
    assert differs([1, 2], [1, 3], [0, 0], np.int32) == "out[1]"
    assert differs([1, 2], [1, 3], [0, INF], np.int32) == ""


def test_what_has_no_bound_is_counted_as_unclear() -> None:
    found = compare(case(), [np.zeros(2, np.float32)], [np.ones(2, np.float32)], [np.array([INF, INF])])
    assert (found.where, found.components, found.unclear) == ("", 2, 2)


def test_what_is_not_there_is_not_compared() -> None:
    assert compare(case(), [None], [np.ones(2)]).components == 0
