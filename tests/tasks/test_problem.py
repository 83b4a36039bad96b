"""Which programs qualify, and which numbers are right."""

from __future__ import annotations

from random import Random

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.tasks.comparison import apart, difference
from warpsmith.tasks.data import packed, read_as, shown, unpacked
from warpsmith.tasks.mutants import mutants
from warpsmith.tasks.problem import POWER, SETS, examined

SOUND = """    a = x[i] * 2.0 - 0.5
    if x[i] > 0.0:
        a = a + x[i] * x[i] + 0.25
    y[i] = a * 3.0 + 1.0"""
DEAD = """    a = x[i] * 2.0 - 0.5
    b = a * a - x[i] * 4.0 + 7.0
    c = b * 3.0 - a * 2.0
    y[i] = x[i] + 1.0"""
UNREACHED = """    if x[i] > 1000000.0 and x[i] < 1000001.0:
        y[i] = x[i] * x[i] - 5.0 * x[i] + 2.0
    else:
        y[i] = x[i]"""
NOTHING = """    a = y[i] * 2.0 + 1.0 - y[i]
    y[i] = y[i]"""


def program(body: str) -> Program:
    head = (
        "import warp as wp\n\n\n@wp.kernel\ndef kernel(x: wp.array(dtype=wp.float32), y: wp.array(dtype=wp.float32)):\n"
    )
    arguments = tuple(Argument(n, Array(wp.float32, 1), (4,), n == "y") for n in "xy")
    return Program(cst.parse_module(f"{head}    i = wp.tid()\n{body}\n"), "kernel", Launch((4,), arguments), (), ())


def test_a_program_of_which_everything_matters_qualifies() -> None:
    found = examined(program(SOUND), Random(1))
    assert found is not None
    assert len(found.killed) >= POWER * (len(found.killed) + found.survivors)
    assert len(found.sets) == len(SETS)
    assert found.has_gradient


@pytest.mark.parametrize("body", [DEAD, UNREACHED, NOTHING], ids=["dead code", "a branch no input takes", "nothing"])
def test_a_program_whose_mutants_nobody_could_tell_does_not(body: str) -> None:
    assert examined(program(body), Random(1)) is None


def test_mutants_are_well_typed_and_other_programs() -> None:
    for seed in range(6):
        drawn = KERNELS.synthesize(seed)
        found = list(mutants(drawn, Random(seed), 8))
        assert all(not check(m.program.module).diagnostics and m.program.source != drawn.source for m in found)
        again = [m.program.source for m in mutants(drawn, Random(seed), 8)]
        assert [m.program.source for m in found] == again


ONE = np.float32([1.0])


@pytest.mark.parametrize(
    ("want", "bound", "got", "right"),
    [
        (1.0, 0.0, 1.0, True),
        (1.0, 0.0, 1.0000001, False),
        (1.0, 1e-6, 1.0000019, True),  # less than twice the bound
        (1.0, 1e-6, 1.000003, False),
        (0.0, 0.0, -0.0, True),
        (np.nan, 0.0, np.nan, True),
        (np.nan, 0.0, 1.0, False),
        (1.0, 0.0, np.nan, False),
        (np.inf, 0.0, np.inf, True),
        (np.inf, 0.0, -np.inf, False),
        (1.0, np.inf, 77.0, True),  # nothing is decided
    ],
)
def test_a_number_is_right_within_twice_the_bound(want: float, bound: float, got: float, right: bool) -> None:
    arrays = ([np.array([value], kind)] for value, kind in ((want, np.float32), (bound, float), (got, np.float32)))
    assert (difference(["x"], *arrays) == "") == right


def test_integers_shapes_and_missing_arrays_are_not_forgiven() -> None:
    want, zero = [np.array([1, 2], np.int32)], [np.zeros(2)]
    assert difference(["n"], want, zero, [np.array([1, 3], np.int32)]) == "n[1] should be 2, not 3"
    assert difference(["n"], want, zero, [None]) == "n is missing"
    assert difference(["n"], want, zero, [np.array([1, 2, 2], np.int32)])


def test_outcomes_are_apart_only_beyond_both_bounds() -> None:
    bound = [np.array([1e-3])]
    assert apart([ONE], bound, [ONE + np.float32(0.01)], bound)
    assert not apart([ONE], bound, [ONE + np.float32(0.0025)], bound)
    assert not apart([ONE], bound, [ONE + np.float32(5.0)], [np.array([np.inf])])
    assert not apart([ONE], [np.array([np.inf])], [ONE + np.float32(5.0)], bound)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8", "uint64", "bool"])
def test_arrays_come_back_as_they_were_shown(kind: str) -> None:
    random = np.random.Generator(np.random.PCG64(3))
    data = (random.standard_normal((3, 2)) * 50).astype(kind)
    if data.dtype.kind == "f":
        data[0] = np.inf, np.nan
    exact = unpacked(packed(data))
    assert exact is not None
    assert exact.tobytes() == data.tobytes()
    assert np.array_equal(read_as(shown(data), data, "x").astype(kind), data, equal_nan=data.dtype.kind == "f")


def test_records_come_back_as_they_were_shown() -> None:
    data = np.zeros(2, [("a", "f4", (2,)), ("b", [("c", "i4")])])
    data["a"], data["b"]["c"] = [[1.5, 2.5], [3.5, 4.5]], [7, 8]
    assert shown(data) == [{"a": [1.5, 2.5], "b": {"c": 7}}, {"a": [3.5, 4.5], "b": {"c": 8}}]
    assert np.array_equal(read_as(shown(data), data, "x")["a"], data["a"])
    with pytest.raises(ValueError, match=r"x\[0\]: expected an object with the fields a, b"):
        read_as([{"a": [1.5, 2.5]}, {}], data, "x")


@pytest.mark.parametrize(
    ("value", "like", "message"),
    [
        ([1.0], np.zeros(2), "expected a list of 2"),
        ([1.0, [2.0]], np.zeros(2), "expected a number"),
        ([1.0, True], np.zeros(2), "expected a number"),
        ([1, 2.0], np.zeros(2, np.int32), "expected a number"),
        ([1, 1 << 40], np.zeros(2, np.int32), "expected a number"),
        ([0, 2], np.zeros(2, bool), "expected a number"),
        (["one", 1.0], np.zeros(2), "expected a number"),
        ([10**400, 1.0], np.zeros(2), "expected a number"),
    ],
)
def test_what_is_no_array_of_that_kind_is_told(value: object, like: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_as(value, like, "x")
