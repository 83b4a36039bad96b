"""The proof of small programs of few names sees what is wrong, and nothing in a sample of them is."""

from __future__ import annotations

import numpy as np

from tests.proofs.interplay import FIRST, LAST, bodies, case, examine
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session


def test_a_sample_has_the_values_and_derivatives_of_the_reference() -> None:
    with Session(timeout=60) as session:
        found = examine(bodies(0, 60), session)
    assert [f for f in found if f.verdict == "disagree"] == []
    assert sum(f.verdict == "agree" for f in found) > 80


def test_most_derivatives_are_known() -> None:
    known = count = 0
    with Session(timeout=60) as session:
        for outcomes in session.reference([case(body) for body in bodies(0, 110)]):
            errors = getattr(outcomes[0], "gradient_errors", None)
            if errors is not None:
                known += int(np.isfinite(errors[0]).sum())
                count += errors[0].size
    assert known > 0.5 * count > 50


def test_another_program_has_another_gradient() -> None:
    made = [case("\n".join((*FIRST, f"a = product(a, {b})", *LAST))) for b in ("b", "a")]
    with Session(timeout=60) as session:
        session._results[made[0]] = session.run(made)[1]
        (judgement,) = gradient(made[:1], session)
    assert judgement is not None
    assert judgement.verdict.value == "disagree"
