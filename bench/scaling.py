"""How many programs several worker processes make in a second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.generate import generate
from warpsmith.corpus.unit import Configuration, Request
from warpsmith.synthesizer.family import Family


@dataclass(frozen=True)
class Rates:
    """Programs per second of wall-clock time, counted once every worker has delivered: start-up is left out.

    Attributes:
        steady: while all workers have work.
        to_the_end: until the last unit is done, when some workers have no work left.
    """

    steady: float
    to_the_end: float


def parallel(family: Family, configuration: Configuration, kernels: int, jobs: int, folder: Path) -> Rates | None:
    """Make a corpus with several workers.

    Returns:
        Its rates; ``None`` where there are too few kernels, see :func:`rates`.
    """
    reports: list[tuple[float, int]] = []

    def progress(seeds: int) -> None:
        if seeds:
            reports.append((time.perf_counter(), seeds))

    request = Request(configuration, 0, kernels, kernels)
    generate(request, family, folder / f"jobs-{jobs}", lambda: LocalEngine(jobs), progress=progress)
    return rates(reports, jobs)


def rates(reports: Sequence[tuple[float, int]], jobs: int) -> Rates | None:
    """The rates of a run.

    Args:
        reports: when a unit was done, and how many programs it has, in the order of time.
        jobs: how many workers there were.

    Returns:
        ``None`` where no worker had a second unit: the first ones count as start-up, and nothing is left to measure.
    """
    if len(reports) <= jobs:
        return None
    end = reports[-1][0]
    span = end - reports[jobs - 1][0]
    programs = sum(seeds for _, seeds in reports[jobs:])
    idle = sum(end - when for when, _ in reports[-jobs:])
    return Rates(programs / (span - idle / jobs), programs / span)
