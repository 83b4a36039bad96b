"""The proof of shape can fail: hand-made programs that ignore their inputs, race, crash, or lose live statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst
import pytest
import warp as wp

from tests.proofs.pruning import pruned
from tests.proofs.shape import launch
from tests.sound import sound_seeds
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor, Job, Result
from warpsmith.synthesizer.kernels import KERNELS

_HEAD = "import warp as wp\n\n\n@wp.kernel\n"
_ARRAY = Array(wp.float32, 1)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=60) as started:
        yield started


def _program(body: str) -> Program:
    text = "".join(f"    {line}\n" for line in body.splitlines())
    source = (
        f"{_HEAD}def kernel(a: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)):\n    i = wp.tid()\n{text}"
    )
    arguments = (Argument("a", _ARRAY, (4,)), Argument("out", _ARRAY, (4,), written=True))
    return Program(cst.parse_module(source), "kernel", Launch((4,), arguments), (), ())


def test_a_program_that_computes_depends_on_its_inputs(executor: Executor) -> None:
    run = launch(executor, _program("out[i] = a[i] + 1.0"), 0)
    assert (run.failure, run.deterministic, run.written, run.depending, run.at_once) == ("", True, 1, 1, True)
    assert run.changed
    assert run.finite


@pytest.mark.parametrize("body", ["out[i] = 3.0", "out[i] += 1.0", "x = a[i] - 1.0\nout[i] = float(i)"])
def test_what_only_the_contents_of_an_output_tell_apart_does_not_depend(executor: Executor, body: str) -> None:
    run = launch(executor, _program(body), 0)
    assert (run.failure, run.depending, run.at_once, run.changed) == ("", 0, False, True)


def test_unchanged_and_infinite_outputs_are_told(executor: Executor) -> None:
    assert not launch(executor, _program("out[i] = out[i]"), 0).changed
    assert not launch(executor, _program("out[i] = 1.0 / (float(i) * 0.0)"), 0).finite


def test_outcomes_that_differ_by_themselves_are_told(executor: Executor) -> None:
    # A counter that survives the launch stands for what no program should have: another outcome each time.
    program = _program("out[i] = a[i]")

    class Shifting(Executor):
        def run_many(self, jobs: Sequence[Job]) -> list[Result]:
            (result,) = executor.run_many(jobs)
            later = [(a, out + i) for i, (a, out) in enumerate(result.outputs) if out is not None]
            return [replace(result, outputs=tuple(later))]

    assert launch(executor, program, 0).deterministic
    assert not launch(Shifting(), program, 0).deterministic


def test_a_refused_program_is_a_failure_with_its_reason(executor: Executor) -> None:
    assert "missing" in launch(executor, _program("out[i] = wp.missing(a[i])"), 0).failure


def test_an_endless_program_is_a_failure() -> None:
    with Executor(timeout=3, options={"use_precompiled_headers": False}) as impatient:
        body = "x = float(a[i])\nwhile out[i] == out[i]:\n    x += 1.0\n    out[i] = wp.max(1.0, wp.min(x, 2.0))"
        assert launch(impatient, _program(body), 0).failure == "timeout: ran past 3 seconds in launch"


def test_pruning_takes_out_what_is_dead_and_nothing_else() -> None:
    program = _program(
        "x = a[i]\ny = x + 1.0\nif x > 0.0:\n    y = 2.0\nelif x < -1.0:\n    x = 3.0\nelse:\n    y = 1.0\nout[i] = x"
    )
    text, count = pruned(program.source)
    assert count == 3
    assert text.endswith(
        "    x = a[i]\n    if x > 0.0:\n        pass\n    elif x < -1.0:\n        x = 3.0\n    else:\n        pass\n"
        "    out[i] = x\n"
    )


def test_a_program_without_its_dead_statements_computes_the_same(executor: Executor) -> None:
    # Hardly a generated program has a dead statement, so each gets one.
    for seed in sound_seeds(3):
        program = KERNELS.synthesize(seed)
        head, tid, tail = program.source.partition("wp.tid()\n")
        module = cst.parse_module(f"{head}{tid}    unused = 1.5\n{tail}")
        assert pruned(module.code)[1] == pruned(program.source)[1] + 1
        run = launch(executor, replace(program, module=module), seed)
        assert run.failure == ""
        assert run.prunable


def test_a_lost_live_statement_shows(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program("x = a[i]\nx = x + 1.0\nout[i] = x")
    monkeypatch.setattr("tests.proofs.shape.pruned", lambda source: (source.replace("x = x + 1.0", "pass"), 1))
    assert not launch(executor, program, 0).prunable
