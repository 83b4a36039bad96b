"""A ladder on which nothing worse scores more, and figures of the scorer that a bad scorer does not reach."""

from __future__ import annotations

from tests.proofs.answerers import ladder
from tests.proofs.ladder import climbed, falls, rate
from tests.proofs.verifier import measure
from warpsmith.tasks.grader import Grader


def test_nothing_worse_scores_more() -> None:
    with Grader() as grader:
        passed = climbed("refuse", 0, 6, grader)
    assert not falls({"refuse": passed})
    assert rate(passed["empty"]) == 0.0
    assert rate(passed["oracle"]) == 1.0


def test_a_fall_is_told() -> None:
    better_than_the_oracle = {answerer.name: [("easy", answerer.name != "oracle")] for answerer in ladder()}
    (fall,) = falls({"refuse": better_than_the_oracle})
    assert fall == "refuse: noise 0.003 passes 1.00, oracle 0.00"


def test_a_scorer_that_passes_everything_or_nothing_is_found_out() -> None:
    most = {"false pass": 5, "false fail": 5}
    assert measure(most, 0, lambda instance, programs: [() for _ in programs]).rate("false pass") == 1.0
    assert measure(most, 0, lambda instance, programs: [("no",) for _ in programs]).rate("false fail") == 1.0
