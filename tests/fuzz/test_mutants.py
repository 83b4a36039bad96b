"""Mutants: programs that Warp must refuse, and the ones that it does not refuse, as far as we know."""

from __future__ import annotations

import dataclasses
import itertools
from functools import cache
from pathlib import Path
from random import Random

import libcst as cst
import pytest
import warp as wp

from tests.fuzz.mutating import mutate
from tests.synthesizer.witness import refusal
from warpsmith.fuzz.finding import confirm
from warpsmith.fuzz.launched import LAUNCHED
from warpsmith.fuzz.mutants import MUTATIONS, Mutant, Mutation, mutants
from warpsmith.fuzz.mutants.meaning import MEANING
from warpsmith.fuzz.mutants.snippets import SNIPPETS
from warpsmith.fuzz.mutants.syntax import SYNTAX
from warpsmith.fuzz.oracles.refused import refused
from warpsmith.fuzz.report import body_lines, reproducer
from warpsmith.fuzz.search import Search
from warpsmith.fuzz.session import Session
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.judgement import Verdict
from warpsmith.synthesizer.kernels import KERNELS

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's about what the faults look like

ENOUGH = 2
"""Mutants of each kind that are shown to Warp."""


@cache
def program(seed: int) -> Program:
    return KERNELS.synthesize(seed)


@cache
def programs() -> list[Program]:
    """The shortest first: what matters is the fault, and native compilers take their time."""
    return sorted(map(program, range(100)), key=lambda p: len(p.source))


def spoilt(mutation: Mutation) -> list[str]:
    """Programs with that fault; the checker has seen it, unless it follows Warp in accepting it."""
    random, found = Random(mutation.name), []
    for short in programs():
        changed = mutate(short.module, mutation, random)
        if changed is not None and (mutation.accepted_by or not mutation.checked or check(changed).diagnostics):
            found.append(changed.code)
        if len(found) == ENOUGH:
            break
    assert found, "no program has a place for this kind"
    return found


def test_a_loop_that_stays_one_takes_any_step() -> None:
    plain, kept = "    for i in range(3):\n        pass\n", "    for i in reversed(range(3)):\n        pass\n"
    loops = f"@wp.kernel\ndef kernel():\n{plain}{kept}"
    zero = MUTATIONS["zero step of a loop"]
    changed = {mutate(cst.parse_module(loops), zero, Random(n)).code for n in range(9)}  # type: ignore[union-attr]
    assert changed == {loops.replace("in range(3)", "in range(0, 3, 0)")}


def ids(mutation: Mutation) -> str:
    return mutation.name.replace(" ", "-")


@pytest.mark.parametrize("mutation", [m for m in (*SNIPPETS, *MEANING) if not m.accepted_by], ids=ids)
def test_warp_refuses(mutation: Mutation) -> None:
    for source in spoilt(mutation):
        assert refusal(source) is not None, source


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS.values() if m.accepted_by], ids=ids)
def test_what_a_release_wrongly_accepts_it_still_does(mutation: Mutation) -> None:
    assert wp.__version__ == mutation.accepted_by, "look at this kind again: does Warp refuse it now?"
    sources = spoilt(mutation)
    for source in sources:
        assert refusal(source) is None, "Warp refuses it now: take the mark away"
    assert (refusal(sources[0], native=True) is None) == mutation.compiles, sources[0]


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS.values() if m.compiles or not m.checked], ids=ids)
def test_the_checker_does_not_know_what_is_marked_so(mutation: Mutation) -> None:
    """It follows Warp, and goes easy on what comes from outside; once it knows a fault, the mark may go."""
    for source in spoilt(mutation):
        assert check(cst.parse_module(source)).diagnostics == ()


def taken(seed: int, count: int, random: int = 0) -> list[Mutant]:
    return list(itertools.islice(mutants(program(seed), Random(random)), count))


@pytest.mark.parametrize("seed", range(4))
def test_mutants_are_faulty_and_warp_agrees(seed: int) -> None:
    for mutant in taken(seed, 12):
        mutation, source = MUTATIONS[mutant.kind], mutant.program.source
        assert (refusal(source) is None) == bool(mutation.accepted_by), f"{mutant.kind}\n{source}"


def test_mutants_depend_on_the_seed_alone() -> None:
    first, again, other = (taken(3, 8, random) for random in (1, 1, 2))
    assert [(m.kind, m.program.source) for m in first] == [(m.kind, m.program.source) for m in again]
    assert [m.kind for m in first] != [m.kind for m in other]


def test_a_mutant_is_the_program_with_one_change() -> None:
    sound = program(5)
    before = sound.source
    for mutant in taken(5, 20):
        assert mutant.program.source != before
        assert mutant.program.launch == sound.launch
        assert mutant.program.choices == ()
    assert sound.module.code == before


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(MUTATIONS) == len(SYNTAX) + len(SNIPPETS) + len(MEANING) >= 100


def test_a_report_shows_what_warp_should_have_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unknown = {name: dataclasses.replace(m, accepted_by="") for name, m in MUTATIONS.items()}
    monkeypatch.setattr("warpsmith.fuzz.oracles.refused.MUTATIONS", unknown)
    case = make_case(program(343), 343)
    with Session() as session:
        (judgement,) = refused([case], session)
        assert judgement is not None
        assert (judgement.verdict, judgement.message) == (Verdict.DISAGREE, "component at a float")
        search = Search(LAUNCHED, session, judgement)
        small = search.run(case, 300.0)
        evidence = search.evidence(small)
    assert body_lines(small.program.source, small.program.entry) == 1
    assert evidence.neighbour == small.program.source
    assert set(evidence.case.program.source.splitlines()) > set(small.program.source.splitlines())
    path = tmp_path / "test_finding.py"
    path.write_text(reproducer(evidence, "found"))
    assert confirm(path) == (True, "AssertionError: Exception not raised")
