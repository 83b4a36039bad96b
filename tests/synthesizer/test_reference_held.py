"""Structs that hold arrays and other structs, and are launched field by field; structs that are made in order."""

from __future__ import annotations

import ast
from dataclasses import replace

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.oracles.compare import compare
from warpsmith.fuzz.reductions.candidate import Candidate
from warpsmith.fuzz.reductions.definitions import cleaned, drop_definition
from warpsmith.fuzz.reductions.view import TypedView
from warpsmith.fuzz.report import reproducer
from warpsmith.fuzz.session import job
from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import evaluate
from warpsmith.synthesizer.reference.run.tree import index
from warpsmith.synthesizer.reference.run.writes import parameters

SOURCE = """import warp as wp


@wp.struct
class Options:
    scale: float


@wp.struct
class Pair:
    first: float
    second: wp.vec3


@wp.struct
class Args:
    pos: wp.array(dtype=wp.vec3)
    mass: wp.array(dtype=float, ndim=1)
    table: wp.array(dtype=float, ndim=2)
    force: wp.array(dtype=wp.vec3)
    total: wp.array(dtype=float)
    unused: int
    count: int
    options: Options


@wp.func
def weighted(args: Args, i: int):
    mass = args.mass
    return args.pos[i] * mass[i] * args.options.scale


@wp.func
def added(args: Args, i: int, x: float):
    wp.atomic_add(args.total, 0, x)


@wp.func
def pair(x: float, v: wp.vec3):
    return Pair(x, v)


@wp.kernel
def kernel(args: Args, out: wp.array(dtype=Pair)):
    i = wp.tid()
    if i < args.pos.shape[0] and i < args.count:
        p = pair(args.mass[i] * args.options.scale, weighted(args, i))
        args.force[i] = p.second
        added(args, i, p.first)
        out[i] = p
"""
VECTORS, NUMBERS = Array(wp.vec3f, 1), Array(wp.float32, 1)


def program() -> Program:
    pair = types.struct("Pair", {"first": wp.float32, "second": wp.vec3f})
    arguments = (
        Argument("args.pos", VECTORS, (3,)),
        Argument("args.mass", NUMBERS, (3,)),
        Argument("args.force", VECTORS, (3,), written=True),
        Argument("args.total", NUMBERS, (1,), written=True),
        Argument("args.count", wp.int32, range=(3, 3)),
        Argument("args.options.scale", wp.float32),
        Argument("args.table", Array(wp.float32, 2), (1, 2)),
        Argument("out", Array(pair, 1), (3,), written=True),
    )
    return Program(cst.parse_module(SOURCE), "kernel", Launch((3,), arguments), (), ())


def test_what_is_written_through_a_struct_is_known() -> None:
    tree = ast.parse(SOURCE)
    index(tree)
    args, out = parameters(tree, "kernel")
    assert (args.struct, args.written, out.written) == ("Args", False, True)
    found = {p.name: (p.written, p.own) for p in args.arrays}
    assert found["args.force"] == (True, True)
    assert found["args.total"] == (True, False)
    assert not found["args.pos"][0]
    assert not found["args.table"][0]
    assert not found["args.mass"][0]


def test_arrays_in_a_struct_are_read_and_written_and_warp_does_the_same() -> None:
    case = make_case(program(), 1, ("tame",))
    pos, mass, _, total, _, scale, *_ = case.sets[0]
    outcome = evaluate(case.program, case.sets[0], case.adjoints)
    force = outcome.values[2]
    assert force is not None
    assert np.allclose(force, pos * mass[:, None] * scale)
    assert np.allclose(outcome.values[3], total + (mass * scale).sum())  # type: ignore[arg-type]
    with Executor(timeout=60) as executor:
        (result,) = executor.run_many([job(case)])
    assert result.failure is None, result.failure
    assert not compare(case, outcome.values, result.outputs[0], outcome.errors).where
    assert result.gradients is not None
    assert outcome.gradients is not None
    same = compare(case, outcome.gradients, result.gradients[0], outcome.gradient_errors)
    assert not same.where
    assert same.components
    assert result.outputs[0][2] is not None
    result.outputs[0][2][1] += 1.0
    assert compare(case, outcome.values, result.outputs[0], outcome.errors).where == "args.force[1, 0]"


def test_a_race_through_a_struct_is_found() -> None:
    racing = SOURCE.replace("args.force[i] = p", "args.force[0] = p")
    case = make_case(replace(program(), module=cst.parse_module(racing)), 1, ("tame",))
    with pytest.raises(UndefinedError):
        evaluate(case.program, case.sets[0], None)


def test_a_reproducer_makes_the_struct() -> None:
    case = make_case(program(), 1, ("tame",))
    wrong = evaluate(case.program, case.sets[0], case.adjoints)
    judgement = Judgement("forward", Verdict.DISAGREE, Stage.VALUE, "wrong")
    text = reproducer(Evidence(case, judgement, wrong), "held")
    assert "args = Args()" in text
    assert "args.options.scale = wp.float32(" in text
    assert "inputs=[args, out]" in text
    assert "args.force.numpy()" in text


def test_a_kernel_that_a_factory_makes_stays() -> None:
    head, kernel = SOURCE.split("@wp.kernel\n")
    inner = "".join(f"    {line}" for line in f"@wp.kernel\n{kernel}".splitlines(keepends=True))
    made = cst.parse_module(f"{head}def make():\n{inner}    return kernel\nlaunched = make()\n")
    case = make_case(replace(program(), module=made, entry="launched"), 1, ("tame",))
    smaller = cleaned(Candidate(case.program, case.sets[0]))
    assert smaller is not None
    assert "launched = make()" in smaller.program.source
    assert "unused" not in smaller.program.source


def test_a_field_that_nothing_reads_goes() -> None:
    case = make_case(program(), 1, ("tame",))
    less = SOURCE.replace(" and i < args.count", "")
    candidate = Candidate(replace(case.program, module=cst.parse_module(less)), case.sets[0])
    found = [c for edit in drop_definition(TypedView(candidate)) if (c := edit(candidate)) is not None]
    names = [[a.name for a in c.launch.arguments] for c in found]
    assert any("count: int" not in c.program.source for c in found)
    assert any("args.count" not in given and "args.pos" in given for given in names)
    assert any("unused" not in c.program.source for c in found)


def test_a_store_along_both_axes_of_an_array_is_no_store_at_the_threads_own_index() -> None:
    text = (
        "import warp as wp\n@wp.kernel\ndef k(a: wp.array(dtype=float, ndim=2)):\n    i = wp.tid()\n    a[i, 1] = 1.0\n"
    )
    tree = ast.parse(text)
    index(tree)
    (a,) = parameters(tree, "k")
    assert (a.written, a.own) == (True, False)
