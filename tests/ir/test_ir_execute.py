"""Kernels run in a child process: what goes in, what comes out, and what may go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ir import Executor
from warpsmith_errors import ExecutionError

EVERY_KIND = """import warp as wp

@wp.kernel
def every(
    x: wp.array(dtype=wp.vec3), s: float, m: wp.mat22, q: wp.quat, t: wp.transform, n: wp.int8, b: bool, h: wp.float16,
    a: wp.array(dtype=wp.mat22), out: wp.array2d(dtype=wp.float64),
):
    i, j = wp.tid()
    v = wp.quat_rotate(q, x[i]) + wp.transform_get_translation(t)
    if b:
        out[i, j] = wp.float64(v[0] * s + m[0, 1] + float(n) + float(h) + a[i][1, 0]) + wp.float64(j)
"""
HANGS = """import warp as wp

@wp.kernel
def hangs(x: wp.array(dtype=float)):
    while x[0] < 1.0:
        x[0] = x[0] * 0.5
"""
CRASHES = """import warp as wp

@wp.kernel
def crashes(x: wp.array(dtype=float)):
    x[wp.tid() + 2000000000] = 1.0
"""
DOUBLES = """import warp as wp

@wp.kernel
def doubles(x: wp.array(dtype=float)):
    x[wp.tid()] *= 2.0
"""


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=12.0) as running:
        yield running


def double(executor: Executor) -> list[float]:
    return list(executor.run(DOUBLES, "doubles", 3, [np.array([1.0, 2.0, 3.0], np.float32)])[0])


def test_every_kind_of_argument_arrives(executor: Executor) -> None:
    arguments = [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.float32(2.0),
        np.array([[1, 2], [3, 4]], np.float32),
        np.array([0, 0, 0, 1], np.float32),
        np.array([10, 0, 0, 0, 0, 0, 1], np.float32),
        np.int8(-3),
        np.bool_(True),
        np.float16(1.5),
        np.array([[[0, 0], [0.25, 0]], [[0, 0], [0.75, 0]]], np.float32),
        np.zeros((2, 2)),
    ]
    x, a, out = executor.run(EVERY_KIND, "every", (2, 2), [np.asarray(argument) for argument in arguments])
    assert x.shape == (2, 3)
    assert a.shape == (2, 2, 2)
    first, second = 10 * 2.0 + 2 - 3 + 1.5 + 0.25, 13 * 2.0 + 2 - 3 + 1.5 + 0.75
    assert out.tolist() == [[first, first + 1], [second, second + 1]]


def test_arguments_stay_as_they_were(executor: Executor) -> None:
    x = np.array([1.0], np.float32)
    assert executor.run(DOUBLES, "doubles", 1, [x])[0].tolist() == [2.0]
    assert x.tolist() == [1.0]


def test_a_crash_is_reported_and_the_next_program_runs(executor: Executor) -> None:
    with pytest.raises(ExecutionError, match="crashed its process"):
        executor.run(CRASHES, "crashes", 1, [np.zeros(3, np.float32)])
    assert double(executor) == [2.0, 4.0, 6.0]


def test_what_warp_refuses_is_reported_and_the_next_program_runs(executor: Executor) -> None:
    with pytest.raises(ExecutionError, match="Input types must be the same"):
        executor.run(DOUBLES.replace("2.0", "2"), "doubles", 1, [np.zeros(3, np.float32)])
    with pytest.raises(ExecutionError, match="takes 1 arguments, got 0"):
        executor.run(DOUBLES, "doubles", 1, [])
    assert double(executor) == [2.0, 4.0, 6.0]


def test_a_hang_is_cut_short_and_the_next_program_runs(executor: Executor) -> None:
    with pytest.raises(ExecutionError, match="ran past 12 seconds"):
        executor.run(HANGS, "hangs", 1, [np.zeros(3, np.float32)])
    assert double(executor) == [2.0, 4.0, 6.0]


def test_a_senseless_time_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Executor(timeout=0.0)
