"""What is measured of several workers, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from tests.corpus.handwritten import FAMILIES
from tests.corpus.making import configuration
from warpsmith.bench import generation
from warpsmith.bench.bench import bench
from warpsmith.bench.scaling import Rates, rates
from warpsmith.bench.tables import tables
from warpsmith.fem.integrands.family import FEM


@pytest.mark.parametrize("reports", [[], [(3.0, 10)], [(3.0, 10), (5.0, 10)]])
def test_without_a_second_unit_there_is_no_rate(reports: list[tuple[float, int]]) -> None:
    assert rates(reports, 2) is None


def test_a_rate_counts_what_was_done_after_the_start_and_while_all_had_work() -> None:
    # Two workers: one delivers at 2, 4 and 6, the other at 3 and 5; from 5 to 6 it has no work.
    found = rates([(2.0, 10), (3.0, 10), (4.0, 10), (5.0, 10), (6.0, 10)], 2)
    assert found == Rates(steady=30 / 2.5, to_the_end=30 / 3)


def test_the_smallest_benchmark_has_no_speedup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "NAIVE_KERNELS", 1)  # each takes seconds
    family = replace(FAMILIES["handwritten"], harness=FEM.harness)  # one of its own keeps the fuzzer away
    found = bench(family, configuration(family), kernels=20, workers=2)
    assert (found["speedup"], found["speedup_to_the_end"], found["fuzz"]) == (None, None, None)
    assert list(found["programs_per_second"]) == ["1"]
    console = Console(width=200)
    with console.capture() as printed:
        for table in tables(found):
            console.print(table)
    assert "the naive way over this one (1 kernels)" in printed.get()
    assert "workers over one" not in printed.get()
