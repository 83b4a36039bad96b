"""Sites of which nothing is known: what depends on them is inconclusive, and the rest is as before."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import kernel
from warpsmith.grammar import types
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.reference import UNKNOWN_PATH, At, On, Outcome, Site, Unknown, evaluate, place

ARGUMENTS = {"a": np.array([0.75, 2.0], np.float32), "b": np.zeros(2, np.float32)}
SEEDS = [None, np.array([1.0, 1.0])]


def at(program: Program, fits: Callable[[Any], bool], what: Unknown, names: tuple[str, ...] = ()) -> At:
    """The one place whose node fits."""
    (node,) = (n for n in ast.walk(ast.parse(program.source)) if fits(n))
    return At(place(node), what, names)


def writes(target: str) -> Callable[[Any], bool]:
    return lambda n: isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == target


def reads(text: str) -> Callable[[Any], bool]:
    return lambda n: isinstance(n, ast.expr) and ast.unparse(n) == text


def outcome(program: Program, *unknown: Site) -> Outcome:
    return evaluate(program, list(ARGUMENTS.values()), SEEDS, unknown=unknown)


def is_open(found: Outcome) -> tuple[list[bool], list[bool]]:
    """Of which elements of ``b``, and of which numbers of the gradient by ``a``, nothing is known."""
    assert found.errors[1] is not None
    assert found.gradient_errors is not None
    assert found.gradient_errors[0] is not None
    return np.isinf(found.errors[1]).tolist(), np.isinf(found.gradient_errors[0]).tolist()


BODY = "x = a[0] * 2.0\nif a[1] > 1.0:\n    x += 1.0\nb[0] = x * x\nb[1] = wp.sin(a[1])"
NONE, FIRST, BOTH = [False, False], [True, False], [True, True]
PLACES = {  # what is unknown where, and which elements of b and of a's gradient are open
    "a value": (reads("a[0] * 2.0"), Unknown.VALUE, (), FIRST, FIRST),
    "a derivative": (reads("a[0] * 2.0"), Unknown.DERIVATIVE, (), NONE, FIRST),
    "a variable behind a statement": (lambda n: isinstance(n, ast.If), Unknown.VALUE, ("x",), FIRST, FIRST),
    "its derivative": (lambda n: isinstance(n, ast.If), Unknown.DERIVATIVE, ("x",), NONE, FIRST),
    "its value in the backward pass": (lambda n: isinstance(n, ast.If), Unknown.REPLAY, ("x",), NONE, FIRST),
    "a variable that is not bound": (writes("b[0]"), Unknown.VALUE, ("y",), NONE, NONE),
    "a path": (writes("x"), Unknown.PATH, (), NONE, BOTH),
    "all that is written": (writes("b[1]"), Unknown.WRITES, (), BOTH, BOTH),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_depends_on_a_place_is_open_and_nothing_else(name: str) -> None:
    fits, what, names, values, gradient = PLACES[name]
    program = kernel(BODY, ARGUMENTS)
    assert is_open(outcome(program)) == (NONE, NONE)
    found = outcome(program, at(program, fits, what, names))
    assert is_open(found) == (values, gradient)
    assert bool(found.reasons) == (values != NONE or gradient != NONE)


@pytest.mark.parametrize(("count", "reasons"), [(1, (UNKNOWN_PATH,)), (0, ())])
def test_that_the_path_is_open_is_said_where_no_result_depends_on_it(count: int, reasons: tuple[str, ...]) -> None:
    """The program may end otherwise, or never."""
    arguments = {"n": np.array([count], np.int32), "b": np.zeros(1)}
    program = kernel("k = int(0)\nif n[0] > 0:\n    k += 1\nb[0] = 1.0", arguments)
    site = at(program, lambda n: isinstance(n, ast.AugAssign), Unknown.PATH)
    found = evaluate(program, list(arguments.values()), [None, np.ones(1)], unknown=(site,))
    assert found.gradients == [None, None]
    assert found.reasons == reasons


def test_a_place_that_is_not_reached_opens_nothing() -> None:
    program = kernel("if a[0] > 5.0:\n    b[0] = 1.0\nb[1] = a[0]", ARGUMENTS)
    assert is_open(outcome(program, at(program, writes("b[0]"), Unknown.WRITES))) == (NONE, NONE)


def test_anything_may_be_added_to_an_adjoint_even_where_nothing_flows() -> None:
    program = kernel("x = a[0] * 2.0\nb[1] = a[1]", ARGUMENTS)
    for what, gradient in ((Unknown.DERIVATIVE, NONE), (Unknown.ADJOINT, FIRST)):
        assert is_open(outcome(program, at(program, writes("x"), what, ("x",)))) == (NONE, gradient)


def test_an_operation_is_open_on_the_operands_that_are_named() -> None:
    program = kernel("b[0] = wp.sin(a[0])\nb[1] = wp.sin(a[1])", ARGUMENTS)
    for what, values in ((Unknown.VALUE, FIRST), (Unknown.DERIVATIVE, NONE)):
        assert is_open(outcome(program, On("sin", what, when=lambda x: bool(x < 1)))) == (values, FIRST)
    assert is_open(outcome(program, On("sin", Unknown.VALUE, types=lambda t: t is wp.float32))) == (BOTH, BOTH)
    assert is_open(outcome(program, On("sin", Unknown.VALUE, types=lambda t: t is wp.float16))) == (NONE, NONE)
    assert is_open(outcome(program, On("cos", Unknown.VALUE))) == (NONE, NONE)


def test_what_an_operation_changes_may_not_be_found_by_steps_before() -> None:
    program = kernel("v = wp.vec2f()\nv[0] = a[0]\nb[0] = wp.dot(v, v)\nv[1] = a[1]\nb[1] = v[1]", ARGUMENTS)
    earlier = On("store", Unknown.EARLIER, types=lambda *operands: operands[1] is types.by_name("vec2f"))
    assert is_open(outcome(program)) == (NONE, NONE)
    assert is_open(outcome(program, earlier)) == (NONE, FIRST)
