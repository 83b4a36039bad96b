"""The proof of whole programs sees bounds that are too narrow, and in a sample none is."""

from __future__ import annotations

import pytest

from tests.proofs.elsewhere import examine
from tests.synthesizer import elsewhere

SAMPLE = range(2000, 2060)


def test_the_bounds_of_a_sample_of_programs_hold() -> None:
    findings = examine(SAMPLE)
    assert [f for f in findings if f.verdict == "disagree"] == []
    assert sum(f.components - f.unclear for f in findings) > 50_000


def test_what_rounds_more_than_it_may_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    off = elsewhere.Elsewhere.off
    monkeypatch.setattr(elsewhere.Elsewhere, "off", lambda self, value, ulps=1.0: off(self, value, 64.0 * ulps))
    findings = examine(SAMPLE[:20])
    assert sum(f.verdict == "disagree" for f in findings) >= 5
