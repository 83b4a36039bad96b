"""The proof of derivatives sees what is wrong, and nothing in a sample of productions is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.proofs.derivatives import examine, seeded, subjects, tame
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Result

SAMPLE = subjects()[::40]


def test_a_sample_of_productions_has_the_derivatives_of_the_reference() -> None:
    with Session(timeout=60) as session:
        findings = examine(SAMPLE, session, seed=1)
    assert [f for f in findings if f.verdict == "disagree"] == []
    assert sum(f.components - f.unclear for f in findings) > 10_000


@pytest.mark.parametrize("name", ["sin(float32)", "atan2(float64, float64)", "normalize(vec3f)"])
def test_a_derivative_that_is_off_is_seen(name: str) -> None:
    (some,) = (s for s in subjects() if s.name == name)
    with Session(timeout=60) as session:
        right = seeded(some, tame(some.production, 0), 0)
        (result,) = session.run([right])
        session._results[right] = _off(result)
        (judgement,) = gradient([right], session)
    assert judgement is not None
    assert judgement.verdict.value == "disagree"


def _off(result: Result) -> Result:
    """One number of the gradient by the last operand that has one is a thousandth too large."""
    assert result.gradients is not None
    gradients = list(result.gradients[0])
    last = max(i for i, g in enumerate(gradients[:-1]) if g is not None)
    changed = gradients[last].copy()  # type: ignore[union-attr]
    changed.reshape(-1)[abs(changed).argmax()] *= 1.001
    gradients[last] = changed
    return replace(result, gradients=(tuple(gradients),))
