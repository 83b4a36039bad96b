"""Kernels run in a child process: what goes in, what comes out, and what may go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from warpsmith.errors import ExecutionError
from warpsmith.ir import Executor, Failure, Job, Result
from warpsmith.ir.child import Data

EVERY_KIND = """import warp as wp

@wp.kernel
def every(
    x: wp.array[wp.vec3], s: float, m: wp.mat22, q: wp.quat, t: wp.transform, n: wp.int8, b: bool, h: wp.float16,
    a: wp.array(dtype=wp.mat22), u: wp.uint64, c: wp.bfloat16, out: wp.array2d(dtype=wp.float64),
):
    i, j = wp.tid()
    v = wp.quat_rotate(q, x[i]) + wp.transform_get_translation(t)
    if b and u == wp.uint64(18446744073709551615):
        out[i, j] = wp.float64(v[0] * s + m[0, 1] + float(n) + float(h) + float(c) + a[i][1, 0]) + wp.float64(j)
"""
HANGS = """import warp as wp

@wp.kernel
def kernel(x: wp.array(dtype=float)):
    while x[0] < 1.0:
        x[0] = x[0] * 0.5
"""
CRASHES = """import warp as wp

@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[wp.tid() + 2000000000] = 1.0
"""
DOUBLES = """import warp as wp

@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[wp.tid()] *= 2.0
"""
REFUSED = {
    "load": ("import warp as wp\n\nraise ValueError('not today')\n", "ValueError: not today"),
    "codegen": (DOUBLES.replace("2.0", "2"), "Input types must be the same"),
    # Warp generates a comparison that C++ does not know.
    "compile": (DOUBLES.replace("x[wp.tid()] *= 2.0", "if wp.vec2() != wp.vec2(): x[0] = 1.0"), "; error: "),
    "launch": (DOUBLES.replace("dtype=float)", "dtype=float), y: float"), "kernel takes 2 arguments, got 1"),
}
# Programs that share names and mean different things by them.
SCALES = """import warp as wp

FACTOR = {factor}

@wp.struct
class Pair:
    factor: float
    scaled: float

@wp.func
def scaled(x: float):
    pair = Pair(FACTOR, x)
    return pair.factor * pair.scaled

@wp.kernel
def kernel(x: wp.array(dtype=float), scale: float, y: wp.array(dtype=float)):
    i = wp.tid()
    wp.printf("%f\\n", x[i])
    y[i] += scaled(x[i]) * x[i] * scale
"""
X = np.array([1.0, 2.0, 3.0], np.float32)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=12.0) as running:
        yield running


def doubling(source: str = DOUBLES) -> Job:
    return Job(source, "kernel", (3,), ((X,),))


def scaling(factor: float, backward: bool = True) -> Job:
    sets = tuple((X + i, np.float32(0.5), X) for i in range(2))
    adjoints = tuple((None, None, np.array([1.0, 0.0, -2.0], np.float32) * (i + 1)) for i in range(2))
    return Job(SCALES.format(factor=factor), "kernel", (3,), sets, adjoints if backward else None)


def assert_scaled(result: Result, factor: float) -> None:
    assert result.failure is None
    assert result.gradients is not None
    for i, (outputs, gradients) in enumerate(zip(result.outputs, result.gradients, strict=True)):
        seed = np.array([1.0, 0.0, -2.0]) * (i + 1)
        expected: list[list[Data | None]] = [
            [X + i, None, X + factor * (X + i) ** 2 / 2],
            [seed * factor * (X + i), None, seed],
        ]
        for found, wanted in zip((outputs, gradients), expected, strict=True):
            for a, b in zip(found, wanted, strict=True):
                assert (a is None and b is None) or np.array_equal(a, b)  # type: ignore[arg-type]


def double(executor: Executor) -> list[float]:
    return list(executor.run(DOUBLES, "kernel", 3, [X])[0])


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
        np.uint64(2**64 - 1),
        np.float32(0.125),
        np.zeros((2, 2)),
    ]
    x, a, out = executor.run(EVERY_KIND, "every", (2, 2), [np.asarray(argument) for argument in arguments])
    assert x.shape == (2, 3)
    assert a.shape == (2, 2, 2)
    first, second = 10 * 2.0 + 2 - 3 + 1.5 + 0.125 + 0.25, 13 * 2.0 + 2 - 3 + 1.5 + 0.125 + 0.75
    assert out.tolist() == [[first, first + 1], [second, second + 1]]


def test_arguments_stay_as_they_were(executor: Executor) -> None:
    before = X.copy()
    assert executor.run(DOUBLES, "kernel", 3, [X])[0].tolist() == [2.0, 4.0, 6.0]
    assert np.array_equal(X, before)


def test_programs_of_one_module_keep_their_names_apart(executor: Executor) -> None:
    factors = [float(i) for i in range(1, 13)]
    for result, factor in zip(executor.run_many([scaling(f) for f in factors]), factors, strict=True):
        assert_scaled(result, factor)


def test_without_adjoints_there_are_no_gradients(executor: Executor) -> None:
    forward, backward = executor.run_many([scaling(3.0, backward=False), scaling(3.0)])
    assert forward.gradients is None
    assert forward.replayed is None
    assert np.array_equal(forward.outputs[1][2], backward.outputs[1][2])  # type: ignore[arg-type]


def test_the_backward_pass_leaves_the_outputs(executor: Executor) -> None:
    (result,) = executor.run_many([scaling(3.0)])
    assert result.replayed is not None
    assert all(a is b for s, t in zip(result.outputs, result.replayed, strict=True) for a, b in zip(s, t, strict=True))


def test_who_is_refused_is_told_where_and_why_and_nobody_else(executor: Executor) -> None:
    jobs = [scaling(2.0), *(doubling(source) for source, _ in REFUSED.values()), scaling(5.0)]
    first, *refused, last = executor.run_many(jobs)
    assert_scaled(first, 2.0)
    assert_scaled(last, 5.0)
    for (stage, (_, reason)), result in zip(REFUSED.items(), refused, strict=True):
        assert result.failure is not None
        assert result.failure.stage == stage
        assert reason in result.failure.message
        assert "_1w" not in result.failure.message
        assert result.outputs == ()


def test_what_is_no_python_is_refused_alone(executor: Executor) -> None:
    good, bad = executor.run_many([doubling(), doubling("import warp as wp\n\ndef")])
    assert good.failure is None
    assert bad.failure is not None
    assert (bad.failure.stage, bad.failure.message.partition(":")[0]) == ("load", "SyntaxError")


def test_run_raises_what_a_program_does(executor: Executor) -> None:
    with pytest.raises(ExecutionError, match=r"(?s)^kernel: .*Input types must be the same"):
        executor.run(REFUSED["codegen"][0], "kernel", 3, [X])
    with pytest.raises(ExecutionError, match="takes 1 arguments, got 0"):
        executor.run(DOUBLES, "kernel", 1, [])
    assert double(executor) == [2.0, 4.0, 6.0]


def test_crashes_and_hangs_are_told_and_nobody_else_suffers() -> None:
    # Without a precompiled header, which costs a fresh process more than it saves here.
    with Executor(timeout=4.0, options={"use_precompiled_headers": False}) as executor:
        results = executor.run_many([doubling(), doubling(CRASHES), doubling(HANGS.replace("0.5", "-1.0"))])
        assert results[0].outputs[0][0].tolist() == [2.0, 4.0, 6.0]  # type: ignore[union-attr]
        assert results[1].failure == Failure("crash", "SIGSEGV in launch")
        hanging = Job(HANGS, "kernel", (3,), ((-X,),))
        assert executor.run_many([hanging])[0].failure == Failure("timeout", "ran past 4 seconds in launch")
        assert double(executor) == [2.0, 4.0, 6.0]


def test_a_launch_has_a_limit_of_its_own() -> None:
    with Executor(timeout=20.0, launch_timeout=1.0, options={"use_precompiled_headers": False}) as executor:
        hanging = Job(HANGS, "kernel", (3,), ((-X,),))  # compiling it takes longer than a second
        assert executor.run_many([hanging])[0].failure == Failure("timeout", "ran past 1 seconds in launch")
        assert double(executor) == [2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("source", "seconds"),
    [
        pytest.param(HANGS, 2.0, id="hangs"),
        # It has something to tell before it sees that nobody is left to listen.
        pytest.param(f"import time\n\ntime.sleep(0.4)\n{HANGS}", 0.2, id="talks"),
    ],
)
def test_a_busy_child_does_not_outlive_its_host(source: str, seconds: float, tmp_path: Path) -> None:
    script = f"""
import numpy as np
from warpsmith.ir import Executor
with Executor(timeout=60.0, options={{"use_precompiled_headers": False}}) as executor:
    print(executor._child._process.pid, flush=True)
    executor.run({source!r}, "kernel", 1, [-np.ones(1, np.float32)])
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    host = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert host.stdout is not None
    child = int(host.stdout.readline())
    time.sleep(seconds)
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "message"), [({"timeout": 0.0}, "must be positive"), ({"options": {"batch": 0}}, "at least one")]
)
def test_a_senseless_setting_is_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Executor(**wrong)  # type: ignore[arg-type]


def test_an_executor_is_used_in_a_with_statement() -> None:
    with pytest.raises(RuntimeError, match="with statement"):
        double(Executor())


@pytest.mark.parametrize(("own", "sum_"), [(1, 3.0), (4, 6.0)])
def test_a_block_of_one_thread_stays_one_whatever_the_options_say(own: int, sum_: float) -> None:
    adds = "import warp as wp\n\n@wp.kernel\ndef kernel(x: wp.array(dtype=float)):\n    wp.atomic_add(x, 0, 1.0)\n"
    with Executor(options={"enable_cpu_blocks": True, "block_dim": 2}) as executor:
        (result,) = executor.run_many([Job(adds, "kernel", (3,), [[np.zeros(1, np.float32)]], block_dim=own)])
    assert result.outputs[0][0].tolist() == [sum_]
