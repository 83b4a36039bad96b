"""Indexed arrays are counted, drawn where elements alone are used, and handed in as what they are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.synthesizer.learning import faults, learned_from, like
from warpsmith.fuzz.finding import confirm
from warpsmith.fuzz.report import reproducer
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.learn import Learned
from warpsmith.synthesizer.reference import evaluate

COUNT = 30
PEOPLE = """
import warp as wp

@wp.kernel
def gather(x: wp.indexedarray[float], m: wp.indexedarray2d(dtype=float), out: wp.array[float], n: wp.array[int]):
    i = wp.tid()
    s = x[i] * 2.0
    for j in range(m.shape[1]):
        s += m[i, j] * x[i]
    out[i] = s
    wp.atomic_add(n, 0, 1)
"""
SCALED = """
import warp as wp

@wp.kernel
def kernel(x: wp.indexedarray(dtype=float), y: wp.indexedarray2d(dtype=float)):
    i = wp.tid()
    for j in range(y.shape[1]):
        y[i, j] += x[i]
"""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned_from(PEOPLE, tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def family(learned: Learned) -> Family:
    return like(learned)


@pytest.fixture(scope="module")
def programs(family: Family) -> list[Program]:
    return [family.synthesize(seed) for seed in range(COUNT)]


def test_indexed_arrays_are_counted(learned: Learned) -> None:
    assert learned.profile.sizes["kernel arrays"] == {"indexedarray": 2, "array": 2}


def test_nothing_but_elements_of_them_is_used(programs: list[Program]) -> None:
    indexed = 0
    for program in programs:
        for a in (a for a in program.launch.arguments if a.indexed):
            indexed += 1
            assert re.search(rf"\b{a.name}: wp\.indexedarray", program.source)
            body = program.source.split("wp.tid()")[-1]
            assert not re.findall(rf"\b{a.name}\b(?!\[|\.shape|:)", body), body
    assert indexed > COUNT // 2


def test_programs_with_them_are_valid(family: Family, programs: list[Program]) -> None:
    assert faults(family, programs[:10]) == []


def test_what_a_launch_computes_is_what_the_reference_says(programs: list[Program]) -> None:
    asked = [p for p in programs if any(a.indexed for a in p.launch.arguments) and not p.launch.block_dim][:6]
    with Executor() as executor:
        for program in asked:
            case = make_case(program, 1)
            assert case.adjoints == (None,) * len(program.launch.arguments)
            expected = evaluate(case.program, case.sets[0])
            found = executor.run(case.program.source, case.program.entry, case.program.launch.dim, case.sets[0])
            arrays = [i for i, a in enumerate(program.launch.arguments) if a.shape]
            for number, got in zip(arrays, found, strict=True):
                want, bound = expected.values[number], expected.errors[number]
                assert want is not None
                assert bound is not None
                known = np.isfinite(bound)
                assert (np.abs(got.astype(float) - want)[known] <= 2.0 * bound[known]).all(), program.source


def test_elements_are_handed_in_by_index() -> None:
    x, y = np.arange(3, dtype=np.float32), np.arange(6, dtype=np.float32).reshape(3, 2)
    with Executor() as executor:
        got = executor.run(SCALED, "kernel", 3, [x, y])
    assert got[0].tolist() == [0, 1, 2]
    assert got[1].tolist() == [[0, 1], [3, 4], [6, 7]]


def test_a_reproducer_makes_them(programs: list[Program], tmp_path: Path) -> None:
    program = next(p for p in programs if any(a.indexed and a.written for a in p.launch.arguments))
    case = make_case(program, 2)
    outcome = evaluate(case.program, case.sets[0])
    evidence = Evidence(case, Judgement("forward", Verdict.DISAGREE, Stage.VALUE), outcome)
    path = tmp_path / "test_finding.py"
    path.write_text(reproducer(evidence, "indexed arrays"))
    assert "wp.indexedarray(wp.array(" in path.read_text()
    assert confirm(path) == (False, "exit code 0")
    number = next(i for i, a in enumerate(program.launch.arguments) if a.indexed and a.written)
    wrong = [None if v is None else v + (i == number) for i, v in enumerate(outcome.values)]
    path.write_text(reproducer(replace(evidence, outcome=replace(outcome, values=tuple(wrong))), "indexed arrays"))
    assert confirm(path, fails_with="AssertionError")[0]
