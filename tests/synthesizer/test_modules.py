"""Programs of several kernels: drawn, accepted, launched in order, understood by the reference, and made smaller."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith import ir
from warpsmith.errors import UndefinedError
from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.reduce import reduce_case
from warpsmith.fuzz.session import job
from warpsmith.grammar.program import Argument, Launch, Program, Step
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer import MODULES
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.reference import evaluate
from warpsmith.synthesizer.reference.run.tree import decorated, functions, indexed, walk

SOURCE = """import warp as wp


@wp.func
def squashed(x: wp.float32):
    return x / (1.0 + x * x)


@wp.kernel
def scatter(src: wp.array(dtype=wp.float32), bins: wp.array(dtype=wp.float32)):
    i = wp.tid()
    wp.atomic_add(bins, i // 2, squashed(src[i]))


@wp.kernel
def gather(field: wp.array(dtype=wp.float32), src: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    out[i] = squashed(field[1 - i]) * src[i]
"""
FLOATS = Array(wp.float32, 1)
ARGUMENTS = (
    Argument("src", FLOATS, (4,)),
    Argument("bins", FLOATS, (2,), True),
    Argument("out", FLOATS, (2,), True),
)
STEPS = (Step("scatter", (4,), ("src", "bins")), Step("gather", (2,), ("bins", "src", "out")))


def two_kernels(source: str = SOURCE, steps: tuple[Step, ...] = STEPS) -> Program:
    """The program above, or one like it."""
    return Program(cst.parse_module(source), "gather", Launch((2,), ARGUMENTS, steps=steps), (), ())


@cache
def drawn(count: int) -> tuple[Program, ...]:
    """The first programs of the family."""
    return tuple(map(MODULES.synthesize, range(count)))


def differences(case: Case, executed: Case) -> tuple[str, str]:
    """Where Warp's values and gradients of a case are not what the reference says of another, if it is sure."""
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    with Executor() as executor:
        (result,) = executor.run_many([job(executed)])
    assert result.failure is None, result.failure
    assert result.gradients is not None
    values = compare(case, outcome.values, result.outputs[0], outcome.errors)
    gradients = compare(case, outcome.gradients or [], result.gradients[0], outcome.gradient_errors)
    return values.where, gradients.where


def shared_functions(program: Program) -> set[str]:
    """The functions that several kernels of a program call, as they call them."""
    calls = [
        {ast.unparse(n.func) for n in walk(f) if isinstance(n, ast.Call) and "wp." not in ast.unparse(n.func)}
        for f in functions(indexed(ast.parse(program.source)))
        if decorated(f, "kernel")
    ]
    return {name for i, some in enumerate(calls) for name in some if any(name in other for other in calls[:i])} - {
        *("int", "float", "len", "range", "reversed", "abs", "min", "max", "round")
    }


def test_a_kernel_reads_what_the_one_before_it_wrote_and_derivatives_lead_back() -> None:
    case = make_case(two_kernels(), 3)
    assert differences(case, case) == ("", "")
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert outcome.gradients is not None
    assert np.all(outcome.gradients[0] != 0)


def test_another_order_of_the_launches_is_seen() -> None:
    case = make_case(two_kernels(), 3)
    swapped = replace(case, program=two_kernels(steps=STEPS[::-1]))
    values, gradients = differences(case, swapped)
    assert values.startswith("bins") or values.startswith("out")
    assert gradients.startswith("src")


def test_what_an_earlier_kernel_may_have_written_is_unknown_where_that_depends_on_rounding() -> None:
    source = SOURCE.replace(
        "    wp.atomic_add(bins, i // 2, squashed(src[i]))",
        "    if wp.sin(src[i]) > wp.sin(src[i]):\n        wp.atomic_add(bins, i // 2, squashed(src[i]))",
    )
    case = make_case(two_kernels(source), 3)
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert outcome.errors[2] is not None
    assert np.isinf(outcome.errors[2]).all()


def test_threads_of_different_launches_do_not_race_and_those_of_one_do() -> None:
    racing = SOURCE.replace("out[i] = squashed", "field[i] = squashed")
    case = make_case(two_kernels(racing), 3)
    with pytest.raises(UndefinedError, match="data race on field"):
        evaluate(case.program, case.sets[0], case.adjoints)


def test_programs_are_accepted_by_checker_and_warp_and_a_seed_gives_the_same_again() -> None:
    programs = drawn(20)
    assert {len(p.steps) for p in programs} >= {1, 2, 3}
    for program in programs:
        assert check(program.module).diagnostics == ()
        assert MODULES.replay(program.choices).source == program.source
    loaded = [ir.load(p.source) for p in programs]
    kernels = [MODULES.kernel(p, m) for p, m in zip(programs, loaded, strict=True)]
    captured = ir.capture_many(kernels, ("adjoint", "cpp", "cuda"))
    assert [str(c) for c in captured if not isinstance(c, ir.IR)] == []


def test_kernels_of_a_program_share_arrays_and_functions() -> None:
    several = [p for p in drawn(40) if len(p.steps) > 1]
    for program in several:
        first, *rest = ({*step.arguments} for step in program.steps)
        written = {a.name for a in program.launch.arguments if a.written}
        assert all(some & written & first.union(*rest[:n]) for n, some in enumerate(rest))
    assert [p.source for p in several if not shared_functions(p)] == []


def test_a_launch_says_its_steps() -> None:
    launch = two_kernels().launch
    assert json.loads(json.dumps(launch.describe()))["steps"][1] == {
        "kernel": "gather",
        "dim": [2],
        "arguments": ["bins", "src", "out"],
    }
    assert "gather(dim=(2,), bins, src, out)" in str(launch)


def test_the_ir_of_several_kernels_is_that_of_each_in_order() -> None:
    loaded = ir.load(SOURCE)
    both = ir.capture(MODULES.kernel(two_kernels(), loaded), ("adjoint", "cpp", "ptx"))
    alone = [ir.capture(loaded.kernels[name], ("adjoint", "cpp", "ptx")) for name in ("scatter", "gather")]
    for name, level in both.levels.items():
        assert level.forward == "\n".join(one.levels[name].forward for one in alone)
        assert level.backward == "\n".join(one.levels[name].backward for one in alone)


def test_a_failing_program_loses_the_launches_that_do_not_matter() -> None:
    def interesting(cases: Sequence[Case]) -> list[bool]:
        return ["atomic_add" in c.program.source for c in cases]

    small = reduce_case(make_case(two_kernels(), 3), interesting, seconds=20.0, clock=time.monotonic)
    assert "atomic_add" in small.program.source
    assert "squashed" not in small.program.source
    last = reduce_case(
        make_case(two_kernels(), 3),
        lambda cases: ["1 - i" in c.program.source for c in cases],
        seconds=20.0,
        clock=time.monotonic,
    )
    assert [step.kernel for step in last.program.steps] == ["gather"]
    assert "scatter" not in last.program.source


def test_drawing_ends() -> None:
    deepest = max(len(MODULES.synthesize(seed).choices) for seed in range(150))
    assert deepest < 6_000
