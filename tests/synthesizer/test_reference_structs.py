"""Structs as launch arguments, alone and in arrays: their fields, copies, parts, and how the child is given them."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np
import warp as wp

from fuzz.case import Case
from fuzz.oracles.compare import compare
from grammar import types
from grammar.program import Argument, Launch, Program
from grammar.types import Array
from ir.execute import Executor, Job
from synthesizer.inputs import columns, inputs, layout
from synthesizer.reference import evaluate

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
