"""Structs as launch arguments, alone and in arrays: their fields, copies, parts, and how the child is given them."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np
import warp as wp

from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.session import job
from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor, Job
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.inputs import columns, inputs, layout
from warpsmith.synthesizer.reference import evaluate

INNER = types.struct("Inner", {"k": wp.int8, "q": wp.quath})
STATE = types.struct("State", {"x": wp.float64, "v": wp.vec3f, "flag": wp.bool, "inner": INNER})
SOURCE = """import warp as wp


@wp.struct
class Inner:
    k: wp.int8
    q: wp.quath


@wp.struct
class State:
    x: wp.float64
    v: wp.vec3f
    flag: wp.bool
    inner: Inner


@wp.kernel
def kernel(s: State, a: wp.array(dtype=State), out: wp.array(dtype=State)):
    i = wp.tid()
    t = a[i]
    t.x += s.x
    t.v[1] = s.v[2]
    t.inner = s.inner
    t.flag = not a[i].flag
    out[i] = t
    out[i].v.x = a[i].v[0] + wp.float32(1.0)
    out[i].inner.k = a[i].inner.k
"""


def program() -> Program:
    array = Array(STATE, 1)
    arguments = (Argument("s", STATE), Argument("a", array, (3,)), Argument("out", array, (3,), written=True))
    return Program(cst.parse_module(SOURCE), "kernel", Launch((3,), arguments), (), ())


def test_a_struct_is_a_record_and_has_every_field_drawn() -> None:
    s, a, _ = inputs(program(), 1)
    assert s.dtype == layout(STATE) == a.dtype
    assert (s.shape, a.shape) == ((), (3,))
    assert [path for path, _ in columns(a)] == [".x", ".v", ".flag", ".inner.k", ".inner.q"]
    assert a["v"].shape == (3, 3)
    assert a["inner"]["q"].any()


def test_fields_are_copied_stored_and_changed_one_by_one() -> None:
    s, a, out = inputs(program(), 1)
    found = evaluate(program(), [s, a, out]).values[2]
    assert found is not None
    record: Any = found
    assert record["x"].tolist() == (a["x"] + s["x"]).tolist()
    assert record["v"].tolist() == np.stack([a["v"][:, 0] + 1, np.full(3, s["v"][2]), a["v"][:, 2]], axis=1).tolist()
    assert record["flag"].tolist() == (~a["flag"]).tolist()
    assert record["inner"]["k"].tolist() == a["inner"]["k"].tolist()
    assert record["inner"]["q"].tolist() == [s["inner"]["q"].tolist()] * 3


def test_warp_is_given_the_same_structs_and_a_wrong_field_is_seen() -> None:
    data = tuple(inputs(program(), 1))
    outcome = evaluate(program(), data)
    with Executor(timeout=60) as executor:
        (result,) = executor.run_many([Job(SOURCE, "kernel", (3,), (data,), None)])
    assert result.failure is None, result.failure
    case = Case(program(), (data,), (None, None, None))
    assert not compare(case, outcome.values, result.outputs[0], outcome.errors).where
    assert result.outputs[0][2] is not None
    result.outputs[0][2]["inner"]["k"][1] += 1
    assert compare(case, outcome.values, result.outputs[0], outcome.errors).where == "out.inner.k[1]"


FLOWING = (
    SOURCE[: SOURCE.index("@wp.kernel")]
    + """@wp.kernel
def kernel(a: wp.array(dtype=State), out: wp.array(dtype=State)):
    i = wp.tid()
    t = a[i]
    t.x = t.x * t.x
    t.v = t.v + wp.vec3f(0.0, wp.float32(a[i].x), 0.0)
    t.inner.q = t.inner.q * wp.float16(2.0)
    out[i] = t
"""
)


def flowing() -> Program:
    array = Array(STATE, 1)
    arguments = (Argument("a", array, (3,)), Argument("out", array, (3,), written=True))
    return Program(cst.parse_module(FLOWING), "kernel", Launch((3,), arguments), (), ())


def test_derivatives_by_structs_are_those_by_their_fields_of_floats() -> None:
    case = make_case(flowing(), 1, ("tame",))
    g, (a, _) = case.adjoints[1], case.sets[0]
    assert g is not None
    assert [path for path, _ in columns(g)] == [".x", ".v", ".inner.q"]
    assert all(part.all() for _, part in columns(g))
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    assert outcome.gradients is not None
    assert outcome.gradients[1] is None
    by: Any = outcome.gradients[0]
    assert np.allclose(by["x"], 2 * a["x"] * g["x"] + g["v"][:, 1], rtol=1e-14)
    assert np.array_equal(by["v"], g["v"])
    assert np.array_equal(by["inner"]["q"], 2 * g["inner"]["q"])


def test_warp_differentiates_structs_likewise_and_a_wrong_derivative_is_seen() -> None:
    case = make_case(flowing(), 1, ("tame",))
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    with Executor(timeout=60) as executor:
        (result,) = executor.run_many([job(case)])
    assert result.failure is None, result.failure
    assert result.gradients is not None
    assert outcome.gradients is not None
    found = result.gradients[0]
    same = compare(case, outcome.gradients, found, outcome.gradient_errors)
    assert not same.where
    assert same.components == 3 * (1 + 3 + 4)
    assert not same.unclear
    assert found[0] is not None
    found[0]["v"][2, 1] += 1
    assert compare(case, outcome.gradients, found, outcome.gradient_errors).where == "a.v[2, 1]"


def test_a_smaller_case_keeps_the_adjoints_of_the_fields_that_are_left() -> None:
    case = make_case(flowing(), 1, ("tame",))
    less = types.struct("State", {"x": wp.float64, "y": wp.float32, "flag": wp.bool})
    argument = Argument("out", Array(less, 1), (2,), written=True)
    program = Program(case.program.module, "kernel", Launch((2,), (argument,)), (), ())
    (kept,) = case.pruned(program, (np.zeros(2, layout(less)),)).adjoints
    before = case.adjoints[1]
    assert kept is not None
    assert before is not None
    assert kept.dtype.names == ("x", "y")
    assert kept["x"].tolist() == before["x"][:2].tolist()
    assert kept["y"].tolist() == [1.0, 1.0]
