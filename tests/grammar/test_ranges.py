"""Where values lie: the ranges that records tell hold what the operations yield."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from warpsmith.grammar.likely.bounds import of_operation, traced
from warpsmith.grammar.operations import OPERATIONS, Operation
from warpsmith.grammar.operations.ranges import Ends, corners

RANGED = [o for o in OPERATIONS.values() if o.ends is not None]


def outside(operation: Operation, ends: Ends) -> int:
    """How many values lie outside of their range, of operands drawn from ranges of all kinds."""
    generator = np.random.default_rng(0)
    count = 3 if operation.name == "clamp" else len(inspect.signature(operation.meaning).parameters)  # type: ignore[arg-type]
    found = 0
    for _ in range(300):
        boxes = [tuple(sorted(generator.integers(-6, 7, 2) / 2)) for _ in range(count)]
        known = ends(*boxes)
        points = [generator.choice((low, high, generator.uniform(low, high))) for low, high in boxes]
        if known is not None:
            with np.errstate(all="ignore"):
                value = float(operation.meaning(*map(np.float64, points)))  # type: ignore[misc]
            found += not known[0] - 1e-9 <= value <= known[1] + 1e-9
    return found


@pytest.mark.parametrize("operation", RANGED, ids=lambda o: o.name)
def test_a_value_lies_in_its_range(operation: Operation) -> None:
    assert operation.ends is not None
    assert outside(operation, operation.ends) == 0


@pytest.mark.filterwarnings("ignore:invalid value")  # a remainder by zero, of the wrong range
@pytest.mark.parametrize("name", ["abs", "sin", "mod"])
def test_a_wrong_range_is_seen(name: str) -> None:
    operation = OPERATIONS[name]
    assert outside(operation, corners(lambda *xs: operation.meaning(*map(np.float64, xs))))  # type: ignore[misc]


def test_ranges_are_found_by_what_is_written() -> None:
    assert of_operation("bin:Mod", [(0, 20), (3, 4)], integer=True) == (0, 4)
    assert of_operation("un:USub", [(1, 2)], integer=False) == (-2, -1)
    assert of_operation("call:int", [(-1.5, 2.5)], integer=True) == (-1, 2)
    assert of_operation("call:wp.min", [(1, 2), None], integer=False) is None
    assert of_operation("bin:Div", [(1, 2), (-1, 1)], integer=False) is None
    assert traced("call:wp.clamp")
    assert not traced("call:wp.dot")
    assert not traced("own")
