"""A finding's reproducer is a file that runs by itself, and fails by what it is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.synthesizer.reference_kernels import Typed, kernel
from warpsmith.fuzz.finding import confirm
from warpsmith.fuzz.report import reproducer
from warpsmith.grammar import types
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import evaluate

INNER = types.struct("Inner", {"v": types.by_name("vec2f")})
OUTER = types.struct("Outer", {"inner": INNER, "x": types.by_name("float16"), "on": types.by_name("bool")})
DEFINITIONS = """
@wp.struct
class Inner:
    v: wp.vec2f


@wp.struct
class Outer:
    inner: Inner
    x: wp.float16
    on: wp.bool
"""
BODY = """
if s.on:
    out[0] = s.inner.v[1] + wp.float32(s.x)
    out[1] = of[1].inner.v[0]
"""


def test_a_reproducer_makes_structs_on_the_host(tmp_path: Path) -> None:
    one, several = np.zeros((), layout(OUTER)), np.zeros(2, layout(OUTER))
    one["inner"]["v"], one["x"], one["on"] = [1.0, 2.0], 0.5, True
    several["inner"]["v"][1] = [7.0, 8.0]
    arguments = {"s": Typed(OUTER, one), "of": Typed(OUTER, several), "out": np.zeros(2, np.float32)}
    program = kernel(BODY, arguments, definitions=DEFINITIONS)
    *read, out = program.launch.arguments
    program = replace(program, launch=replace(program.launch, arguments=(*read, replace(out, written=True))))
    data = (one, several, arguments["out"])
    outcome = evaluate(program, list(data))
    assert outcome.values[2] is not None
    assert outcome.values[2].tolist() == [2.5, 7.0]
    case = Case(program, (data,), (None, None, None))
    evidence = Evidence(case, Judgement("forward", Verdict.DISAGREE, Stage.VALUE), outcome)
    path = tmp_path / "test_finding.py"
    path.write_text(reproducer(evidence, "structs"))
    assert confirm(path) == (False, "exit code 0")
    wrong = replace(outcome, values=(*outcome.values[:2], np.array([2.5, 8.0], np.float32)))
    path.write_text(reproducer(replace(evidence, outcome=wrong), "structs"))
    confirmed, error = confirm(path, fails_with="AssertionError")
    assert confirmed
    assert "8." in error
    assert "DESIRED" in error  # NumPy's releases word the rest differently


def test_a_reproducer_that_fails_for_another_reason_confirms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "test_finding.py"
    path.write_text("raise TypeError('no such argument')\n")
    assert confirm(path, fails_with="AssertionError") == (False, "TypeError: no such argument")
    assert confirm(path) == (True, "TypeError: no such argument")
