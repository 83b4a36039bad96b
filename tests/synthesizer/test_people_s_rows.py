"""Rows of arrays, and what atomics find, are read as people write them and drawn where they are defined."""

from __future__ import annotations

import re

import pytest

from tests.synthesizer.learning import faults, learned_from, like
from warpsmith.grammar.likely import found
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.learn import Learned
from warpsmith.synthesizer.reference import evaluate

COUNT = 80
PEOPLE = """
import warp as wp

@wp.func
def pair(row: wp.array(dtype=float), n: int):
    return row[0] * row[n]

@wp.kernel
def rows(m: wp.array2d(dtype=float), idx: wp.array2d(dtype=int), out: wp.array(dtype=float)):
    i = wp.tid()
    row = m[i]
    x = row[0] + row[1] * m[i][2]
    y = pair(row, 2)
    out[i] = x + y + float(idx[i][0])

@wp.kernel
def planes(m: wp.array2d(dtype=float), v: wp.array3d(dtype=wp.vec3), out: wp.array(dtype=float)):
    i = wp.tid()
    part = v[i, 0]
    for j in range(m.shape[1]):
        out[i] += m[i][j] * part[j][0] + v[i][0][j][1]

@wp.kernel
def counted(count: wp.array(dtype=int), x: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    slot = wp.atomic_add(count, i, 1)
    old = wp.atomic_max(x, i, 2.0)
    if slot < 10:
        out[i] = x[i] + old
"""
FORMS = {
    "row": r"^ +\w+ = \w+\[\w+\]$",
    "element of a row": r"^ +(\w+) = \w+\[\w+\]\n(.*\n)*.*\b\1\[",
    "element of a row at once": r"\w+\[[^\[\]]+\]\[[^\[\]]+\]",
    "row of two indices": r"^ +\w+ = \w+\[\w+, \w+\]$",
    "extent as a bound": r"range\(.*\w+\.shape\[\d\]",
    "what an atomic finds": r"^ +\w+ = wp\.atomic_\w+\(\w+, i, ",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned_from(PEOPLE, tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def family(learned: Learned) -> Family:
    return like(learned)


@pytest.fixture(scope="module")
def programs(family: Family) -> list[Program]:
    return [family.synthesize(seed) for seed in range(COUNT)]


def test_rows_and_what_atomics_find_are_read(learned: Learned) -> None:
    assert learned.passed_over == {}
    rules = learned.profile.rules
    assert rules["2||new#0"]["found:wp.atomic_add\tint32\tarray1d[int32]\tint32\tint32"] == 1
    assert rules["2||new#0"]["item:1\tarray1d[float32]\tarray2d[float32]\tint32"] == 1
    assert rules["2|array1d[float32]|item:1#0"]["item:1\tarray1d[float32]\tarray2d[float32]\tint32"] == 2


def test_they_are_valid_and_defined(family: Family, programs: list[Program]) -> None:
    assert faults(family, programs) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_form_occurs(form: str, programs: list[Program]) -> None:
    assert any(re.search(FORMS[form], p.source, re.MULTILINE) for p in programs)


def test_an_atomic_whose_finding_depends_on_the_order_of_threads_is_found(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = found.drawn

    def elsewhere(writer, rule, place):  # type: ignore[no-untyped-def]
        threads, writer.threads = writer.threads, []
        value = made(writer, rule, place)
        writer.threads = threads
        return value

    monkeypatch.setattr(found, "drawn", elsewhere)
    assert any("race" in f or "atomic" in f for f in faults(family, map(family.synthesize, range(160))))


def test_a_store_into_an_array_whose_rows_are_read_is_found(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self, v):  # type: ignore[no-untyped-def]
        rows, v.rows = v.rows, False
        fits = v.origin == "param" and storable(self, v)
        v.rows = rows
        return fits

    def own(self, v):  # type: ignore[no-untyped-def]
        names = [t.name for t in self.writer.threads]
        return (*names, *("",) * (v.type.ndim - len(names)))

    storable = StoreWriter.storable
    monkeypatch.setattr(StoreWriter, "storable", careless)
    monkeypatch.setattr(StoreWriter, "_own_axes", own)
    assert any("race" in f for f in faults(family, map(family.synthesize, range(60))))


def test_what_an_atomic_finds_is_known_to_the_reference(programs: list[Program]) -> None:
    seen = 0
    for program in programs:
        if re.search(FORMS["what an atomic finds"], program.source, re.MULTILINE):
            case = make_case(program, 1, ("tame",))
            outcome = evaluate(case.program, case.sets[0], None)
            seen += outcome.reasons == ()
    assert seen
