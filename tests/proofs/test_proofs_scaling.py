from __future__ import annotations

import pytest

from tests.proofs.scaling import off, thousands
from warpsmith.corpus.log import Entry


def entry(seeds: int, seconds: float, coordinator: int = 1) -> Entry:
    return Entry("", 0.0, seeds, {"warp ptx": seconds / 2, "synthesis": seconds / 2}, 0.0, coordinator, 2)


def test_a_log_is_read_thousand_by_thousand() -> None:
    log = [entry(600, 60.0), entry(400, 40.0, 5), entry(0, 0.0), entry(1000, 120.0), entry(10, 9.0)]
    first, second = thousands(log)
    assert (first.seeds, first.seconds, first.coordinator, first.worker) == (1000, pytest.approx(0.1), 5, 2)
    assert second.seconds == pytest.approx(0.12)
    assert off([first, second]) == pytest.approx(0.01 / 0.11)


def test_a_corpus_that_becomes_slower_is_noticed() -> None:
    assert off(thousands([entry(1000, 100.0 + 15.0 * n) for n in range(4)])) > 0.1
    assert off(thousands([entry(1000, 100.0)] * 4)) == 0
