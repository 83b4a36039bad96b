"""The proof of compositions sees what is wrong, and nothing in a sample of pairs is."""

from __future__ import annotations

from dataclasses import replace

from tests.proofs.compositions import composed, examine, subjects
from tests.proofs.derivatives import judged
from tests.proofs.meanings import case, subject
from tests.proofs.operands import rows
from warpsmith.fuzz.oracles.forward import forward
from warpsmith.fuzz.session import Session
from warpsmith.grammar.grammar import default_grammar


def test_a_sample_of_pairs_has_the_values_and_derivatives_of_the_reference() -> None:
    with Session(timeout=60) as session:
        findings = examine(subjects(3, 20), session, seed=3)
    assert [f for f in findings if f.verdict == "disagree"] == []
    assert sum(f.components - f.unclear for f in findings) > 10_000


def test_another_pair_is_not_the_same() -> None:
    """What ``exp(sin(x))`` yields is not what ``sin(exp(x))`` does."""
    named = {p.name: p for p in default_grammar().productions}
    sin, exp = named["sin(float32)"], named["exp(float32)"]
    one, other = subject(composed(sin, 0, exp)), subject(composed(exp, 0, sin))
    assert one.body.endswith("z0 = wp.sin(wp.exp(y0))\nout0[i] = z0")
    given = rows(one.production)
    cases = [case(s, given) for s in (one, other)]
    with Session(timeout=60) as session:
        results = session.run(cases)
        session._results[cases[0]] = replace(results[0], outputs=results[1].outputs)
        right, wrong = (
            judged(forward, [s], [given], [c], session) for s, c in zip((other, one), cases[::-1], strict=True)
        )
    assert right[0].verdict == "agree"
    assert wrong[0].verdict == "disagree"
