"""Factories, functions as values, overloads, static expressions, own gradients: what they mean is what Warp does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import indent

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.session import job
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor, Result
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.reference import evaluate
from warpsmith.synthesizer.reference.run.tree import parsed
from warpsmith.synthesizer.reference.run.writes import stores_in_functions

HEAD = """import enum
from typing import Any
import warp as wp

N = wp.constant(3)


@wp.func
def square(x: wp.float32):
    return x * x


@wp.func
def cube(x: wp.float32):
    return x * x * x


"""
KERNEL = """
@wp.kernel
def kernel(a: wp.array(dtype=wp.float32), b: wp.array(dtype=wp.float32)):
    i = wp.tid()
    x = a[i]
"""
PROGRAMS = {
    "a factory": (
        "def make(n: int, op):\n    @wp.func\n    def scaled(x: wp.float32):\n        return op(x) * float(n)\n"
        "    return scaled\n\nthree = make(3, wp.sin)\nfour = make(N + 1, square)\n",
        "b[i] = three(x) + four(x)",
    ),
    "a local of a factory": (
        "def make(n):\n    twice = n * 2\n    @wp.func\n    def plus(x: wp.float32):\n        return x + float(twice)\n"
        "    return plus\n\nplus = make(2.5)\n",
        "b[i] = plus(x)",
    ),
    "a function for an argument": (
        "@wp.func\ndef twice(f: wp.Function, x: wp.float32):\n    return f(f(x))\n",
        "b[i] = twice(square, x) + twice(wp.sin, x) * twice(cube, 0.5)",
    ),
    "a local bound to a function": ("", "f = wp.cos\n    g = cube\n    b[i] = f(x) + g(x)"),
    "overloads": (
        "@wp.func\ndef size(x: wp.float32):\n    return wp.abs(x)\n\n@wp.func\ndef size(x: wp.vec3):\n"
        "    return wp.dot(x, x)\n\n@wp.func\ndef size(x: wp.float32, y: wp.float32):\n    return x * y + size(x)\n",
        "b[i] = size(x) + size(wp.vec3(x, 1.0, 2.0)) * size(x, 2.0)",
    ),
    "a generic function of several types": (
        "@wp.func\ndef half(x: Any):\n    return x * x.dtype(0.5)\n\n@wp.func\ndef raised(x: wp.Float):\n"
        "    return x * x + type(x)(0.1)\n",
        "v = half(wp.vec3(x, 2.0, 3.0))\n    b[i] = raised(x) + wp.float32(raised(wp.float64(x))) + half(v)[0]",
    ),
    "static of a type of its own": (
        "vec5 = wp.types.vector(length=5, dtype=wp.float32)\n",
        "v = wp.static(vec5(1.0, 2.0, 3.0, 4.0, 0.5))\n    b[i] = x * v[4]",
    ),
    "static": (
        "SCALE = 2.5\n",
        "s = wp.static(N + 1) * 2\n    v = wp.static(wp.vec3(1.0, 2.0, 3.0))\n"
        "    t = wp.static(SCALE * 2.0 - 1.0)\n    for j in range(wp.static(N - 1)):\n        t += x\n"
        "    if wp.static(N > 2):\n        t += v[1]\n    b[i] = t * float(s) + wp.static(square)(x)",
    ),
    "an enumeration": (
        "class Mode(enum.IntEnum):\n    LINEAR = 0\n    CUBIC = 3\n",
        "m = i * 3 % 6\n    if m == Mode.LINEAR:\n        b[i] = x\n"
        "    elif m == int(Mode.CUBIC):\n        b[i] = x * x * x",
    ),
    "a class": (
        "class Solver:\n    @wp.func\n    def helper(x: wp.float32):\n        return x + 1.0\n",
        "b[i] = Solver.helper(x) * x",
    ),
    "starred": (
        "@wp.func\ndef mixed(x: wp.float32, y: wp.float32, z: wp.float32):\n    return x + y * z\n",
        "v = wp.vec2(x, 2.0)\n    b[i] = mixed(x, *v) + mixed(*wp.vec3(1.0, x, x))",
    ),
    "keyword only": (
        "@wp.func\ndef mixed(x: wp.float32, *, y: wp.float32 = 2.0):\n    return x * x + y\n",
        "b[i] = mixed(x, y=x) + mixed(x)",
    ),
    "a gradient of its own": (
        "@wp.func\ndef odd(x: wp.float32, y: wp.float32):\n    return x * x * y\n\n@wp.func_grad(odd)\n"
        "def adj_odd(x: wp.float32, y: wp.float32, adj_ret: wp.float32):\n"
        "    wp.adjoint[x] += 3.0 * adj_ret * y\n    wp.adjoint[y] += x * adj_ret\n",
        "b[i] = odd(x, x * 0.5) * x",
    ),
    "a replay": (
        "@wp.func\ndef replayed(x: wp.float32):\n    return x * x\n\n@wp.func_replay(replayed)\n"
        "def again(x: wp.float32):\n    return x * x\n",
        "b[i] = replayed(x) * x",
    ),
    "a native function": (
        'forward = """\n    float t = x * y;\n    return t + 1.5f;\n"""\n'
        'backward = """\n    adj_x += y * adj_ret;\n    adj_y += x * adj_ret;\n"""\n\n'
        "@wp.func_native(forward, adj_snippet=backward)\ndef fused(x: wp.float32, y: wp.float32) -> wp.float32: ...\n",
        "b[i] = fused(x, x * 2.0) * x",
    ),
    "a native function without an adjoint": (
        'forward = "return x + 1.0f;"\n\n@wp.func_native(forward)\ndef shifted(x: wp.float32) -> wp.float32: ...\n',
        "b[i] = shifted(x)",
    ),
    "a gradient in a kernel": ("", "b[i] = wp.grad(square)(x) + x"),
    "vectors of its own": (
        "vec5 = wp.types.vector(length=5, dtype=wp.float32)\nmat23 = wp.types.matrix(shape=(2, 3), dtype=wp.float32)\n",
        "v = vec5(x)\n    w = vec5(1.0, 2.0, x, 4.0, 5.0)\n    m = mat23(1.0, 2.0, 3.0, 4.0, 5.0, x)\n"
        "    u = m @ wp.vec3(1.0, x, 3.0)\n    b[i] = wp.dot(v + w, w * 2.0) + v[4] + u[1] + m[1, 2] * wp.length(w)",
    ),
    "options of functions": (
        "@wp.func(inline=False)\ndef apart(x: wp.float32):\n    return x * 2.0\n",
        "b[i] = apart(x)",
    ),
}


def program(name: str) -> Program:
    """The program of that name."""
    return built(*PROGRAMS[name])


def built(definitions: str, body: str) -> Program:
    """The program of those definitions."""
    source = f"{HEAD}{definitions}\n{KERNEL}    {body}\n"
    arguments = (Argument("a", Array(wp.float32, 1), (4,)), Argument("b", Array(wp.float32, 1), (4,), True))
    return Program(cst.parse_module(source), "kernel", Launch((4,), arguments), (), ())


@pytest.fixture(scope="module")
def results() -> Iterator[dict[str, tuple[Case, Result]]]:
    cases = {name: make_case(program(name), 5, ("tame",)) for name in PROGRAMS}
    with Executor(timeout=30.0) as executor:
        yield {
            n: (c, r)
            for (n, c), r in zip(cases.items(), executor.run_many(list(map(job, cases.values()))), strict=True)
        }


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_it_means_is_what_warp_computes(name: str, results: dict[str, tuple[Case, Result]]) -> None:
    case, result = results[name]
    assert result.failure is None, result.failure
    assert result.gradients is not None
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert compare(case, outcome.values, result.outputs[0], outcome.errors).where == ""
    assert compare(case, outcome.gradients or [], result.gradients[0], outcome.gradient_errors).where == ""
    (unknown,) = (np.isinf(e).any() for e in outcome.errors[1:] if e is not None)
    assert unknown == (name == "a gradient in a kernel")
    assert outcome.gradient_errors is not None
    assert np.isinf(outcome.gradient_errors[0]).any() == (name in ("a native function without an adjoint",))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_type_checker_takes_it(name: str) -> None:
    report = check(program(name).module)
    assert report.diagnostics == ()
    assert [v.reason for v in report.verdicts if v.verdict != "accepted"] == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a factory", "float(n)", "float(n + 1)"),
        ("overloads", "wp.dot(x, x)", "wp.length(x)"),
        ("a gradient of its own", "3.0 * adj_ret", "2.0 * adj_ret"),
        ("a native function", "adj_y += x", "adj_y += y"),
        ("static", "range(wp.static(N - 1))", "range(wp.static(N - 2))"),
    ],
)
def test_another_meaning_is_seen(name: str, old: str, new: str, results: dict[str, tuple[Case, Result]]) -> None:
    case, result = results[name]
    assert case.program.source.count(old) == 1
    other = replace(case.program, module=cst.parse_module(case.program.source.replace(old, new)))
    outcome = evaluate(other, case.sets[0], case.adjoints)
    assert result.gradients is not None
    values = compare(case, outcome.values, result.outputs[0], outcome.errors).where
    gradients = compare(case, outcome.gradients or [], result.gradients[0], outcome.gradient_errors).where
    assert values or gradients


UPDATES = """@wp.func
def update(x: wp.float32, b: wp.array(dtype=wp.float32)):
    n = int(0)
    if x * 3.0 <= (x + x) + x:
        n += 1
    wp.atomic_add(b, 0, float(n))
"""


@pytest.mark.parametrize(
    ("head", "call"),
    [
        (UPDATES, "update(x, b)"),
        (UPDATES.replace("x: wp.float32, b", "x: wp.float32, *, b"), "update(x, b=b)"),
        (f"class Solver:\n{indent(UPDATES, '    ')}", "Solver.update(x, b)"),
        (f"def make(n: int):\n{indent(UPDATES, '    ')}    return update\n\nmade = make(3)\n", "made(x, b)"),
    ],
)
def test_what_a_function_writes_behind_a_branch_at_a_tie_is_unknown(head: str, call: str) -> None:
    case = make_case(built(head, call), 0)
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert outcome.errors is not None
    assert np.isinf(outcome.errors[1]).all()
    assert stores_in_functions(parsed(case.program.source))
