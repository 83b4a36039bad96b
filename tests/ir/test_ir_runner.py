"""The child's side of execution: what crosses the border, under which Warp, with which options; names in company."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from warpsmith.errors import ExecutionError
from warpsmith.ir import Executor, Failure, Job
from warpsmith.ir.rename import with_suffix
from warpsmith.ir.runner.frames import LENGTHS, decode, encode

COMPONENTS: dict[str, tuple[type[Any], tuple[int, ...]]] = {
    "bool": (np.bool_, ()),
    "int8": (np.int8, ()),
    "uint16": (np.uint16, ()),
    "int64": (np.int64, ()),
    "uint64": (np.uint64, ()),
    "float16": (np.float16, ()),
    "bfloat16": (np.float32, ()),
    "float32": (np.float32, ()),
    "float64": (np.float64, ()),
    "vec3f": (np.float32, (3,)),
    "vec2ub": (np.uint8, (2,)),
    "mat22h": (np.float16, (2, 2)),
    "spatial_matrixd": (np.float64, (6, 6)),
    "quatf": (np.float32, (4,)),
    "transformh": (np.float16, (7,)),
}
"""Types, with the data that stands for them: component type and shape."""
SQUARES = """import warp as wp

@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    i = wp.tid()
    y[i] = x[i] * x[i]
"""
X = np.array([1.0, 2.0, 3.0], np.float32)
JOB = Job(SQUARES, "kernel", (3,), ((X, X),), ((None, np.ones(3, np.float32)),))


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=30.0) as running:
        yield running


def copying(names: list[str]) -> str:
    """A program that copies arrays of all these types, of one to four dimensions."""
    parameters, body = [], ["    i = wp.tid()"]
    for n, name in enumerate(names):
        ndim = n % 4 + 1
        prefix = f"wp.array{ndim}d" if ndim > 1 else "wp.array"
        kind = f"{prefix}[wp.{name}]" if n % 2 else f"{prefix}(dtype=wp.{name})"
        index = ", ".join(["i", "0", "1", "2"][:ndim])
        parameters += [f"a{n}: {kind}", f"b{n}: {kind}"]
        body += [f"    b{n}[{index}] = a{n}[{index}]"]
    return f"import warp as wp\n\n@wp.kernel\ndef kernel({', '.join(parameters)}):\n" + "\n".join(body) + "\n"


def test_every_type_crosses_exactly_both_ways_and_backward(executor: Executor) -> None:
    data, adjoints = [], []
    for n, (dtype, shape) in enumerate(COMPONENTS.values()):
        full = (2, 1, 2, 3)[: n % 4 + 1] + shape
        values = (np.arange(np.prod(full)) % 7).reshape(full).astype(dtype)
        data += [values, np.zeros(full, dtype)]
        adjoints += [None, (values + values.dtype.type(1)) if values.dtype.kind == "f" else None]
    (result,) = executor.run_many([Job(copying(list(COMPONENTS)), "kernel", (2,), (tuple(data),), (tuple(adjoints),))])
    assert result.failure is None
    assert result.gradients is not None
    for n, name in enumerate(COMPONENTS):
        chosen = (slice(None), 0, 1, 2)[: n % 4 + 1]
        before, after = result.outputs[0][2 * n : 2 * n + 2]
        assert before is not None
        assert after is not None
        assert before.dtype == after.dtype == data[2 * n].dtype
        assert np.array_equal(before, data[2 * n]), name
        assert np.array_equal(after[chosen], data[2 * n][chosen]), name
        assert np.count_nonzero(after) == np.count_nonzero(after[chosen]), name
        gradient, adjoint = result.gradients[0][2 * n], adjoints[2 * n + 1]
        assert (gradient is None) == (adjoint is None), name
        if gradient is not None and adjoint is not None:
            assert np.array_equal(gradient[chosen], adjoint[chosen]), name
            assert np.count_nonzero(gradient) == np.count_nonzero(adjoint[chosen]), name


@pytest.mark.parametrize(
    "array",
    [
        np.array(2.5),
        np.zeros((0, 3), np.float16),
        np.array([True, False]),
        np.arange(6, dtype=np.int64).reshape(2, 3).T,
        np.array([2**64 - 1], np.uint64),
        np.array([np.nan, -0.0, np.inf], np.float32),
    ],
    ids=str,
)
def test_a_frame_holds_what_was_put_in(array: np.ndarray[Any, Any]) -> None:
    frame = encode({"some": ["thing"]}, [np.arange(3), array])
    head, body = LENGTHS.unpack(frame[: LENGTHS.size])
    text = frame[LENGTHS.size : LENGTHS.size + head]
    assert len(frame) == LENGTHS.size + head + body
    header, (first, found) = decode(text, frame[LENGTHS.size + head :])
    assert header["some"] == ["thing"]
    assert first.tolist() == [0, 1, 2]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable


def without_packages(folder: Path) -> Path:
    """An interpreter that finds nothing but its own library."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    python.chmod(0o755)
    return python


def prelude(folder: Path, text: str) -> Path:
    file = folder / "prelude.py"
    file.write_text(text)
    return file


OLD = "import sys, types\nsys.modules['warp'] = types.SimpleNamespace(config=types.SimpleNamespace(version='1.4.2'))\n"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: Executor(python=folder / "nobody"), "does not run"),
        (lambda folder: Executor(python=without_packages(folder)), "No module named 'numpy'"),
        (lambda folder: Executor(prelude=prelude(folder, OLD)), "warp 1.4.2 is too old"),
        (lambda folder: Executor(options={"max_enrol": 3}), "has no option 'max_enrol'"),
    ],
    ids=["no interpreter", "no packages", "too old", "unknown option"],
)
def test_a_child_that_cannot_work_says_so_in_one_line(make: Any, message: str, tmp_path: Path) -> None:
    executor = make(tmp_path)
    with pytest.raises(ExecutionError, match=message) as caught:
        executor.__enter__()
    assert "\n" not in str(caught.value)


def test_the_child_tells_its_release(executor: Executor) -> None:
    import warp as wp

    assert executor.version == wp.config.version


def test_a_prelude_can_plant_a_defect(tmp_path: Path) -> None:
    text = """import warp as wp
honest = wp.array.numpy
wp.array.numpy = lambda self: honest(self) + 1
backward = wp.Tape.backward
wp.Tape.backward = lambda self, grads: backward(self, grads=grads) if len(grads) == 1 else 1 / 0
kept = []
define = wp.kernel
def keep(f):
    kept.append(define(f))
    return kept[-1]
wp.kernel = keep
"""
    seeded_twice = dataclasses.replace(JOB, adjoints=((X, X),))
    with Executor(prelude=prelude(tmp_path, text), options={"use_precompiled_headers": False}) as planted:
        first, second = planted.run_many([JOB, seeded_twice])
        # Kernels that stay alive are not compiled again with the next program, which is how Warp treats a module's.
        assert planted.run_many([JOB])[0].failure is None
    assert first.outputs[0][1].tolist() == [2.0, 5.0, 10.0]  # type: ignore[union-attr]
    assert first.gradients[0][0].tolist() == [3.0, 5.0, 7.0]  # type: ignore[index, union-attr]
    assert second.failure == Failure("backward", "ZeroDivisionError: division by zero")


def test_options_arrive(executor: Executor) -> None:
    counting = SQUARES.replace("    y[i] =", "    n = 0\n    for k in range(4):\n        n += k\n    y[i] = float(n) +")
    job = dataclasses.replace(JOB, adjoints=None, source=counting)
    (unrolled,) = executor.run_many([job])
    assert unrolled.outputs[0][1].tolist() == [7.0, 10.0, 15.0]  # type: ignore[union-attr]
    with Executor(options={"max_unroll": 2, "enable_backward": False, "batch": 1}) as rolled:
        for result in rolled.run_many([job, job]):
            assert result.failure is not None
            assert "mutating a constant" in result.failure.message
        with pytest.raises(ValueError, match="no adjoint"):
            rolled.run_many([JOB])


RENAMED = [
    ("def f(): pass\nf()", "def f_(): pass\nf_()"),
    ("@g\ndef f(x: f = f): return f", "@g\ndef f_(x: f_ = f_): return f_"),
    ("class C:\n    C: int\n\ndef f(c: C): return c.C", "class C_:\n    C: int\n\ndef f_(c: C_): return c.C"),
    ("def a(): pass\ndef f(a): return a", "def a_(): pass\ndef f_(a): return a"),
    ("def a(): pass\ndef f():\n    a = 1\n    return a", "def a_(): pass\ndef f_():\n    a = 1\n    return a"),
    ("def a(): pass\ng(a=a, b='a')", "def a_(): pass\ng(a=a_, b='a')"),
    ("def a(): pass\nlambda a: a", "def a_(): pass\nlambda a: a"),
    ("def  é(): pass\n'é', é(é)", "def  é_(): pass\n'é', é_(é_)"),
    ("import warp as wp\nX = 1\ndef f(): return wp.f(X)", "import warp as wp\nX = 1\ndef f_(): return wp.f(X)"),
]


@pytest.mark.parametrize(("source", "renamed"), RENAMED, ids=[source for source, _ in RENAMED])
def test_top_level_definitions_are_renamed_wherever_they_are_meant(source: str, renamed: str) -> None:
    assert with_suffix(source, "_")[0] == renamed
