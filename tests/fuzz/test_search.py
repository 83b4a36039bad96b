"""A reduction by an oracle stays with what it was given: the symptom, and programs that have a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.fuzz.reducing import candidate
from warpsmith.fuzz.launched import LAUNCHED
from warpsmith.fuzz.oracles.options import SAME
from warpsmith.fuzz.report import reproducer
from warpsmith.fuzz.search import Search
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

WITHIN, BEYOND = (
    f"@wp.kernel\ndef kernel(x: wp.array[wp.float32], out: wp.array[wp.float32]):\n    out[0] = x[{index}]\n"
    for index in (3, 400)
)
VALUE = Judgement("forward", Verdict.DISAGREE, Stage.VALUE)


def case(text: str) -> Case:
    made = candidate(text, dim=(1,))
    return Case(made.program, (made.data,), (None, None))


def search(judgement: Judgement, *answers: Judgement | None) -> tuple[Search, list[list[Case]]]:
    """A search by an oracle that gives these answers, and what that oracle is asked."""
    found, asked = Search(LAUNCHED, Session(), judgement), list[list[Case]]()

    def judge(cases: Sequence[Case], session: Session) -> Sequence[Judgement | None]:
        asked.append(list(cases))
        return answers[: len(cases)]

    found.judge = judge
    return found, asked


@pytest.mark.parametrize("stage", [Stage.VALUE, Stage.GRADIENT, Stage.CRASH, Stage.TIMEOUT])
def test_a_program_without_a_meaning_is_not_run(stage: Stage) -> None:
    seen = replace(VALUE, stage=stage)
    found, asked = search(seen, seen, seen)
    within, beyond = case(WITHIN), case(BEYOND)
    assert found.interesting([beyond, within]) == [False, True]
    assert asked == [[within]]
    assert found.interesting([beyond]) == [False]
    assert len(asked) == 1


def test_what_the_compiler_refuses_needs_no_meaning() -> None:
    seen = Judgement("accepted", Verdict.DISAGREE, Stage.COMPILE, "no member named 'x'")
    found, _ = search(seen, seen)
    assert found.interesting([case(BEYOND)]) == [True]


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(VALUE, verdict=Verdict.AGREE),
        replace(VALUE, verdict=Verdict.INCONCLUSIVE),
        replace(VALUE, oracle="gradient"),
        replace(VALUE, stage=Stage.REPLAY),
        replace(VALUE, stage=Stage.COMPILE, message="no member named 'x'"),
    ],
)
def test_another_symptom_is_not_interesting(other: Judgement | None) -> None:
    found, _ = search(VALUE, other)
    assert found.interesting([case(WITHIN)]) == [False]


def test_what_a_known_defect_explains_is_not_interesting(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = search(VALUE, VALUE, VALUE)
    one, other = case(WITHIN), case(WITHIN)
    monkeypatch.setattr(
        "warpsmith.fuzz.search.explanation", lambda seen, case, *rest: "a defect" if case is one else ""
    )
    assert found.interesting([one, other]) == [False, True]


def test_what_a_known_defect_explains_from_the_beginning_is_reduced_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, asked = search(VALUE, VALUE)
    monkeypatch.setattr("warpsmith.fuzz.search.explanation", lambda *given: "a defect")
    found.reduce = lambda start, *rest, **more: start
    assert found.run(case(WITHIN), 1.0).program.source == case(WITHIN).program.source
    assert len(asked) == 2


def test_a_rewritten_program_is_reported_as_it_was_rewritten() -> None:
    seen = Judgement("rewrites", Verdict.DISAGREE, Stage.VALUE)
    found, _ = search(seen, seen)
    evidence = found.evidence(case(WITHIN))
    assert evidence.neighbour == case(WITHIN).program.source
    assert evidence.case.program.source != evidence.neighbour
    assert evidence.case.program.source.strip() in reproducer(evidence, "found")


def test_a_crash_that_does_not_come_again_is_reported_as_it_was_seen() -> None:
    seen = Judgement("accepted", Verdict.DISAGREE, Stage.CRASH, "SIGSEGV in launch")
    found, _ = search(seen, replace(seen, verdict=Verdict.AGREE, stage=Stage.NONE, message=""))
    assert found.evidence(case(WITHIN)).judgement == seen


def test_options_are_in_the_report() -> None:
    seen = Judgement("options", Verdict.DISAGREE, Stage.VALUE)
    found, _ = search(seen, seen)
    evidence = found.evidence(replace(case(WITHIN), number=SAME))
    assert "wp.set_module_options({'mode': 'debug'})" in reproducer(evidence, "found")


def test_a_gradient_that_a_rewrite_changes_is_reported_with_a_tape() -> None:
    seen = Judgement("rewrites", Verdict.DISAGREE, Stage.GRADIENT)
    found, _ = search(seen, seen)
    evidence = found.evidence(replace(case(WITHIN), adjoints=(None, np.ones(case(WITHIN).sets[0][1].shape))))
    text = reproducer(evidence, "found")
    assert "tape.backward()" in text
    assert "x.grad.numpy()" in text
