"""A family that brings its own harness goes through the same pipeline: judged, shrunk, written down and confirmed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.integrands.oracles import Subject, subject_of
from warpsmith.fuzz.finding import REPRODUCER
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.session import Session
from warpsmith.fuzz.worker import Worker
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Evidence, Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

HARNESS = FEM.harness
assert HARNESS is not None

PASSING = "import unittest\n\nclass Test(unittest.TestCase):\n    def test(self):\n        pass\n"
FAILING = PASSING.replace("pass\n", "self.fail('off')\n")
ENDING = """
if __name__ == "__main__":
    unittest.main()
"""


def dislikes_gradients(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """Stands for an oracle that a defect of gradients makes disagree."""
    return [
        Judgement("meaning", Verdict.DISAGREE, Stage.VALUE, expected="1", actual="2")
        if "fem.grad(" in case.program.source
        else Judgement("meaning", Verdict.AGREE)
        for case in cases
    ]


def plan(out: Path, reproducer: str = FAILING) -> Plan:
    harness = replace(
        HARNESS,
        oracles={"meaning": Oracle("meaning", dislikes_gradients, elsewhere=False, executes=False)},
        reproducer=lambda evidence, title: reproducer + ENDING,
    )
    return Plan(replace(FEM, harness=harness), ("meaning",), sys.executable, "1.19", out, shrink_seconds=20)


SEED = next(s for s in range(500) if (p := FEM.synthesize(s)).source.count("\n") > 20 and "fem.grad(" in p.source)


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as made:
        yield made


def test_every_judgement_is_counted_and_disagreements_are_kept(session: Session, tmp_path: Path) -> None:
    report = Worker(plan(tmp_path), session).judge([SEED, SEED + 1, SEED + 2])
    assert report.programs == sum(report.verdicts.values()) == 3
    assert report.disagreements[0].seed == SEED
    assert report.disagreements[0].judgement.verdict is Verdict.DISAGREE


@pytest.mark.parametrize(
    ("reproducer", "confirmed"),
    [
        (FAILING, True),
        (PASSING, False),
        (FAILING.replace("self.fail('off')", "undefined"), False),  # it fails, and not by its assertion
    ],
)
def test_an_integrand_is_shrunk_and_confirmed_by_its_assertion_alone(
    reproducer: str, confirmed: bool, session: Session, tmp_path: Path
) -> None:
    worker = Worker(plan(tmp_path, reproducer), session)
    finding = worker.shrink(worker.judge([SEED]).disagreements[0]).finding
    assert finding.lines <= 2
    assert "grad" in finding.bucket
    assert finding.confirmed == confirmed
    (folder,) = tmp_path.iterdir()
    assert finding.reproducer == f"{folder.name}/{REPRODUCER}"
    page = (folder / "README.md").read_text()
    assert "fem.grad(" in page
    assert "## Generated C++" in page


def test_oracles_share_one_subject_of_a_case_until_the_session_forgets_it(session: Session) -> None:
    case = HARNESS.case(FEM.synthesize(0), 0)
    unloaded = []

    class Watched(Subject):
        def __exit__(self, *error: object) -> None:
            unloaded.append(self)

    def make(case: Case) -> Watched:
        return Watched(case.program, case.number)

    first = session.held(case, make)
    assert session.held(case, make) is first
    assert not unloaded
    session.forget()
    assert unloaded == [first]
    assert session.held(case, make) is not first


def test_an_oracle_looks_at_one_program_in_so_many_unless_it_is_alone(tmp_path: Path) -> None:
    several = Plan(FEM, tuple(FEM.oracles), sys.executable, "1.19", tmp_path)
    assert [oracle.name for oracle in several.looking(1)] == ["meaning"]
    assert [oracle.name for oracle in several.looking(30)] == list(FEM.oracles)
    alone = replace(several, oracles=("divergence",))
    assert [oracle.name for oracle in alone.looking(1)] == ["divergence"]


def test_the_reproducer_of_an_integrand_compares_shapes_before_values(tmp_path: Path) -> None:
    case = HARNESS.case(FEM.synthesize(0), 0)
    subject = subject_of(case)
    said = Judgement("meaning", Verdict.DISAGREE, Stage.SHAPE, expected="(1,)", actual="(2,)")
    text = HARNESS.reproducer(Evidence(case, said), "found")
    assert "self.assertEqual(np.shape(found), expected.shape)" in text
    assert repr(subject.meaning.value.tolist()) in text
