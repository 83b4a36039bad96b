"""Families with oracles of their own: their opinions are judgements, and what they disagree about is shrunk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from warpsmith.fem.integrands.family import FEM
from warpsmith.fuzz import own
from warpsmith.fuzz.judgement import Verdict
from warpsmith.fuzz.worker import Plan, judge_batch
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Opinion


def dislikes_gradients(program: Program, seed: int, names: tuple[str, ...]) -> list[Opinion]:
    """Stands for an oracle that a defect of gradients makes disagree."""
    bad = "fem.grad(" in program.source
    return [Opinion("meaning", "disagree" if bad else "agree", "value" if bad else "", expected="1", actual="2")]


FAMILY = replace(FEM, judge=dislikes_gradients, reproducer=None)
SEED = next(s for s in range(500) if (p := FAMILY.synthesize(s)).source.count("\n") > 20 and "fem.grad(" in p.source)


def test_every_opinion_is_counted_and_disagreements_are_kept(tmp_path: Path) -> None:
    plan = Plan(FAMILY, ("meaning",), "python", "1.19", tmp_path)
    report = judge_batch(plan, None, [SEED, SEED + 1, SEED + 2])  # type: ignore[arg-type]  # nobody needs the laboratory
    assert report.programs == sum(report.verdicts.values()) == 3
    assert report.disagreements[0].seed == SEED
    assert report.disagreements[0].judgement.verdict is Verdict.DISAGREE


def test_an_integrand_is_shrunk_to_what_the_oracle_disagrees_about(tmp_path: Path) -> None:
    (opinion,) = dislikes_gradients(FAMILY.synthesize(SEED), SEED, ())
    finding = own.shrink(FAMILY, SEED, own.judgement(opinion), tmp_path, seconds=20)
    assert finding.lines <= 2
    assert "grad" in finding.bucket
