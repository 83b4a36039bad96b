"""Programs of others run in confined processes of their own: whatever they do, the next one is not concerned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from warpsmith.ir.execute import Executor, Job, Result

SOURCE = """import warp as wp
import os, socket, subprocess, threading
{first}


@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    i = wp.tid()
    y[i{beside}] = x[i] * 3.0
"""
LOOP = SOURCE + "    while i < 10:\n        y[0] = x[0]\n"


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=2, apart=True) as made:
        yield made


def ran(executor: Executor, source: str = SOURCE, first: str = "", beside: str = "") -> Result:
    x, y = np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
    job = Job(source.format(first=first, beside=beside), "kernel", (4,), ((x, y),), ((None, np.ones(4)),))
    return executor.run_many([job])[0]


def test_a_sound_program_gives_its_results(executor: Executor) -> None:
    result = ran(executor)
    assert executor.lacking == ()
    assert result.gradients is not None
    np.testing.assert_array_equal(result.outputs[0][1], [0, 3, 6, 9])  # type: ignore[arg-type]
    np.testing.assert_array_equal(result.gradients[0][0], [3, 3, 3, 3])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "stage", "message"),
    [
        ("socket.socket()", "load", "PermissionError"),
        ("os.fork()", "load", "PermissionError"),
        ("subprocess.run(['true'])", "load", "PermissionError"),
        ("os.kill(os.getppid(), 9)", "load", "PermissionError"),
        ("open('{outside}', 'w')", "load", "PermissionError"),
        ("os.unlink('{kept}')", "load", "PermissionError"),
        ("b'x' * (8 << 30)", "load", "MemoryError"),
        ("[open('/dev/null') for _ in range(200)]", "load", "Too many open files"),
        ("open('large', 'wb').write(bytes(1 << 27))", "load", "PermissionError"),
        ("while True: pass", "timeout", "time limit"),
        ("os.abort()", "crash", "SIGABRT"),
        ("os._exit(3)", "crash", ""),
    ],
)
def test_what_a_program_may_not_do_fails_it(
    executor: Executor, tmp_path: Path, first: str, stage: str, message: str
) -> None:
    kept = tmp_path / "kept"
    kept.touch()
    result = ran(executor, first=first.format(outside=tmp_path / "outside", kept=kept))
    assert result.failure is not None
    assert result.failure.stage == stage
    assert message in result.failure.message
    assert list(tmp_path.iterdir()) == [kept]


def test_what_a_program_changes_is_gone_with_it(executor: Executor) -> None:
    ran(executor, first="import numpy, builtins; numpy.array = None; builtins.len = None; wp.launch = None")
    assert ran(executor).failure is None


@pytest.mark.parametrize("where", ["wp.config.kernel_cache_dir", "os.path.dirname(wp.config.kernel_cache_dir)"])
def test_what_a_program_writes_is_gone_with_it(executor: Executor, where: str) -> None:
    """Beside the compiled code of its own it may write nothing, so the precompiled headers are out of its reach."""
    ran(executor, first=f"open(os.path.join({where}, 'left'), 'w').write('x')")
    result = ran(executor, first=f"assert not os.path.exists(os.path.join({where}, 'left'))")
    assert result.failure is None


def test_a_kernel_that_writes_beside_its_array_or_does_not_end_fails(executor: Executor) -> None:
    for beside in (" + 100000", " + 2", " - 9"):
        failure = ran(executor, beside=beside).failure
        assert failure is not None
        assert failure.stage == "crash"
        assert "array.h" in failure.message
    failure = ran(executor, LOOP).failure
    assert failure is not None
    assert failure.stage == "timeout"
    assert ran(executor).failure is None
