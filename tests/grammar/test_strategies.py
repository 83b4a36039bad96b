"""The public strategies: what they draw is valid, shrinks, and replays what bulk synthesis drew."""

from __future__ import annotations

import libcst as cst
import pytest
import warp as wp
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.data import ConjectureData

from warpsmith.grammar import strategies
from warpsmith.grammar.program import Program
from warpsmith.ir import capture, load
from warpsmith.synthesizer import KERNELS
from warpsmith.synthesizer.check import check

drawing = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def valid(program: Program) -> None:
    assert check(program.module).diagnostics == (), program.source
    loaded = load(program.source)
    try:
        capture(loaded.kernels[program.entry], ("adjoint",))
    finally:
        loaded.unload()


@drawing
@given(strategies.kernels())
def test_kernels_are_accepted_by_the_checker_and_by_warp(program: Program):
    valid(program)


@drawing
@given(strategies.functions(types=(wp.vec3f, wp.float64)))
def test_functions_are_accepted_by_the_checker_and_by_warp(program: Program):
    valid(program)
    assert "@wp.func" in program.source


@drawing
@given(strategies.expressions(wp.quatf, scope={"q": wp.quatf, "x": wp.float32}))
def test_expressions_have_the_type_asked_for(node: cst.BaseExpression):
    text = cst.Module([]).code_for_node(node)
    source = (
        "import warp as wp\n\n@wp.kernel\ndef kernel(q: wp.quatf, x: wp.float32, out: wp.array(dtype=wp.quatf)):\n"
        f"    out[0] = {text}\n"
    )
    assert check(cst.parse_module(source)).diagnostics == ()
    loaded = load(source)
    try:
        capture(loaded.kernels["kernel"], ("adjoint",))
    finally:
        loaded.unload()


@drawing
@given(strategies.statements(scope={"x": wp.float32, "v": wp.vec3f}, lines=5))
def test_statements_are_accepted_where_their_scope_is(drawn: list[cst.BaseStatement]):
    body = cst.Module(list(drawn)).code.replace("\n", "\n    ")
    source = (
        "import warp as wp\n\n@wp.kernel\ndef kernel(x0: wp.float32, v0: wp.vec3f, out: wp.array(dtype=wp.float32)):\n"
        f"    x = x0 + x0\n    v = v0 + v0\n    {body}\n    out[0] = x + v[0]\n"
    )
    assert check(cst.parse_module(source)).diagnostics == (), source
    loaded = load(source)
    try:
        capture(loaded.kernels["kernel"], ("adjoint",))
    finally:
        loaded.unload()


@drawing
@given(strategies.structs())
def test_structs_are_definitions_with_annotated_fields(node: cst.ClassDef):
    code = cst.Module([node]).code
    assert "@wp.struct" in code
    assert ": wp." in code


def test_the_simplest_kernel_is_small():
    once = settings(deadline=None, database=None, derandomize=True, max_examples=20)
    program = find(strategies.kernels(), lambda p: True, settings=once)
    assert len(program.source.strip().splitlines()) <= 10  # Hypothesis counts choices, not lines


def test_a_property_shrinks_to_little_more_than_what_it_is_about():
    program = find(
        strategies.kernels(lines=4),
        lambda p: "for static" in p.productions,
        settings=settings(
            deadline=None, database=None, max_examples=1000, phases=[Phase.generate, Phase.shrink], derandomize=True
        ),
    )
    assert len(program.source.strip().splitlines()) <= 16


@pytest.mark.parametrize("seed", range(40))
def test_a_program_drawn_in_bulk_replays_under_hypothesis(seed: int):
    program = KERNELS.synthesize(seed)
    data = ConjectureData.for_choices(program.choices)
    again = data.draw(strategies.kernels())
    assert again.source == program.source
    assert again.choices == program.choices
    assert again.launch == program.launch


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_a_program_replays_from_its_recorded_choices(seed: int):
    program = KERNELS.synthesize(seed)
    again = KERNELS.replay(program.choices)
    assert again.source == program.source
    assert again.productions == program.productions


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: strategies.kernels(lines=0), ValueError),
        (lambda: strategies.kernels(lines="3"), ValueError),
        (lambda: strategies.functions(types=()), ValueError),
        (lambda: strategies.functions(types=(str,)), TypeError),
        (lambda: strategies.expressions(list), TypeError),
        (lambda: strategies.statements(scope={"x": complex}), TypeError),
        (lambda: strategies.structs(types=()), ValueError),
    ],
)
def test_wrong_arguments_are_refused_when_the_strategy_is_made(make, error):
    with pytest.raises(error):
        make()
