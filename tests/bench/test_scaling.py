"""What is measured of several workers, and what is not."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from warpsmith.bench import scaling
from warpsmith.bench.bench import bench
from warpsmith.bench.scaling import Rates, rates
from warpsmith.bench.tables import tables
from warpsmith.corpus.unit import unit_size


@pytest.mark.parametrize("reports", [[], [(3.0, 10)], [(3.0, 10), (5.0, 10)]])
def test_without_a_second_unit_there_is_no_rate(reports: list[tuple[float, int]]) -> None:
    assert rates(reports, 2) is None


def test_the_smallest_benchmark_has_no_second_unit() -> None:
    assert 20 // unit_size(20) == 2


def test_a_rate_counts_what_was_done_after_the_start_and_while_all_had_work() -> None:
    # Two workers: one delivers at 2, 4 and 6, the other at 3 and 5; from 5 to 6 it has no work.
    found = rates([(2.0, 10), (3.0, 10), (4.0, 10), (5.0, 10), (6.0, 10)], 2)
    assert found == Rates(steady=30 / 2.5, to_the_end=30 / 3)
