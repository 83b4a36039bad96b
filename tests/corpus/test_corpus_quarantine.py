from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import handwritten
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import configuration

from warpsmith.corpus.generate import generate
from warpsmith.corpus.make import Maker
from warpsmith.corpus.quarantine import isolate
from warpsmith.corpus.unit import Request
from warpsmith.corpus.verify import verify
from warpsmith.corpus.worker import BatchWorker, Death, Limits, Made, Orders
from warpsmith.errors import CorpusError

SEEDS = list(range(20, 30))


class Machine:
    """Makes batches, but not those with certain seeds in them, and now and then is disturbed from outside."""

    def __init__(self, bad: dict[int, str], disturbed: float, seed: int) -> None:
        self.bad, self.disturbed, self.random = bad, disturbed, random.Random(seed)
        self.attempts = 0

    def __call__(self, seeds: Sequence[int]) -> Made | Death:
        self.attempts += 1
        for stage in ("draw", "capture"):
            if self.random.random() < self.disturbed:
                seed = self.random.choice(list(seeds)) if stage == "draw" else None
                return Death(stage, seed, "killed by SIGKILL")
            for seed in seeds:
                if self.bad.get(seed) == stage:
                    return Death(stage, seed if stage == "draw" else None, "killed by SIGSEGV")
        return Made(pa.record_batch({"seed": list(seeds)}), {}, 0)


def made(outcome: Made | None) -> list[int]:
    return [] if outcome is None else outcome.rows["seed"].to_pylist()


@given(st.dictionaries(st.sampled_from(SEEDS), st.sampled_from(["draw", "capture"])), st.integers(0, 9))
def test_the_seeds_that_end_the_process_are_found_and_no_others(bad: dict[int, str], seed: int) -> None:
    outcome, out = isolate(Machine(bad, 0.0, seed), SEEDS)
    assert {q.seed: q.stage for q in out} == bad
    assert made(outcome) == [s for s in SEEDS if s not in bad]


def test_who_dies_of_something_else_is_made_again_and_changes_nothing() -> None:
    wrong = 0
    for seed in range(300):
        bad = {23: "capture", 27: "draw"} if seed % 2 else {}
        _, out = isolate(Machine(bad, 0.02, seed), SEEDS)
        wrong += {q.seed: q.stage for q in out} != bad
    assert wrong == 0


def test_programs_that_only_together_are_too_much_lose_as_few_as_need_be() -> None:
    def attempt(seeds: Sequence[int]) -> Made | Death:
        if len(seeds) > 7:
            return Death("capture", None, "out of memory")
        return Made(pa.record_batch({"seed": list(seeds)}), {}, 0)

    outcome, out = isolate(attempt, SEEDS)
    assert [q.seed for q in out] == SEEDS[7:]
    assert made(outcome) == SEEDS[:7]


def test_a_culprit_costs_few_attempts() -> None:
    machine = Machine({24: "capture"}, 0.0, 0)
    isolate(machine, SEEDS)
    assert machine.attempts <= 12


def deaths(seeds: Sequence[int], limits: Limits) -> dict[int, Made | Death]:
    """How each of the seeds ends a worker, together with one that does not."""
    orders = Orders(handwritten.UNRULY, configuration(handwritten.UNRULY), limits)
    with BatchWorker(orders) as worker:
        ended = {seed: worker.make([11, seed]) for seed in seeds}
        assert worker.sources == {11: handwritten.UNRULY.synthesize(11).source}
    return ended


def test_a_worker_tells_how_a_program_ended_its_process_and_starts_another() -> None:
    # Only who computes for ever may meet the limit of seconds: allocating takes long on a slow machine.
    assert deaths([15], Limits(seconds=3)) == {15: Death("draw", 15, "took longer than 3 seconds")}
    assert deaths([12, 21, 23], Limits(memory=2 << 30)) == {
        12: Death("draw", 12, "unruly seed 12: KeyError: 'no such production'", certain=True),
        21: Death("draw", 21, "out of memory"),
        23: Death("draw", 23, "killed by SIGSEGV"),
    }


def test_a_worker_that_is_killed_while_it_starts_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def killed(deaths: int) -> Callable[..., subprocess.Popen[bytes]]:
        def start(*command: Any, **options: Any) -> subprocess.Popen[bytes]:
            started.append(process := popen(*command, **options))
            if len(started) <= deaths:
                process.kill()
            return process

        return start

    popen = subprocess.Popen
    orders = Orders(handwritten.FAMILY, configuration(handwritten.FAMILY))
    for deaths, starts in ((2, 3), (9, 3)):
        started.clear()
        monkeypatch.setattr(subprocess, "Popen", killed(deaths))
        with BatchWorker(orders) as worker:
            if deaths < starts:
                assert isinstance(worker.make(SEEDS), Made)
            else:
                with pytest.raises(CorpusError, match="could not start: killed by SIGKILL"):
                    worker.make(SEEDS)
        assert len(started) == starts


def test_a_program_that_kills_the_compiler_is_kept_with_its_source_and_its_batch_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    generate(Request(configuration(handwritten.DEADLY), 10, 10, 4), handwritten.DEADLY, path)
    (row,) = pq.read_table(path / "quarantine.parquet").to_pylist()
    assert (row["stage"], row["reason"]) == ("capture", "killed by SIGKILL")
    assert row["source"] == handwritten.DEADLY.synthesize(row["seed"]).source
    batch = [seed for seed in range(10, 20) if seed != row["seed"]]
    with Maker(handwritten.DEADLY, configuration(handwritten.DEADLY)) as maker:
        again = {record["seed"]: record["cpp_forward"] for record in maker.records(batch)}
    stored = {r["seed"]: r["cpp_forward"] for r in pq.read_table(path / "data").to_pylist()}
    assert {seed: stored[seed] for seed in batch} == again
    assert verify(path, handwritten.DEADLY, configuration(handwritten.DEADLY), sample=20)["problems"] == []
