"""The proof of small programs of few names sees what is wrong, and nothing in a sample of them is."""

from __future__ import annotations

import numpy as np

from tests.proofs.interplay import FIRST, LAST, bodies, case, examine
from warpsmith.fuzz.lab import Lab
from warpsmith.fuzz.oracles.values import gradient


def test_a_sample_has_the_values_and_derivatives_of_the_reference() -> None:
    with Lab(timeout=60) as lab:
        found = examine(bodies(0, 60), lab)
    assert [f for f in found if f.verdict == "disagree"] == []
    assert sum(f.verdict == "agree" for f in found) > 80


def test_most_derivatives_are_known() -> None:
    known = count = 0
    with Lab(timeout=60) as lab:
        for outcomes in lab.reference([case(body) for body in bodies(0, 200)]):
            errors = getattr(outcomes[0], "gradient_errors", None)
            if errors is not None:
                known += int(np.isfinite(errors[0]).sum())
                count += errors[0].size
    assert known > 0.5 * count > 50


def test_another_program_has_another_gradient() -> None:
    made = [case("\n".join((*FIRST, f"a = product(a, {b})", *LAST))) for b in ("b", "a")]
    with Lab(timeout=60) as lab:
        lab._results[made[0]] = lab.run(made)[1]
        (judgement,) = gradient(made[:1], lab)
    assert judgement is not None
    assert judgement.verdict.value == "disagree"
