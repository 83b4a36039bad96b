"""What becomes of a corpus whose making is interrupted, by plan.

::

    python -m tests.proofs.faults --seed S --count 200
    python -m tests.proofs.faults --plants

Small corpora are made, each with several interruptions, at random moments: a worker, the coordinator or both are
killed, or stopped for a while; a worker gets no more memory; the disk is full; a shard is cut short; a bit of a shard
or of the journal is flipped; the clock is set back, so that all files are of tomorrow. Every kind comes as often as
every other. The same command is then given again, until the corpus is complete, when a bit of one of its files is
flipped, too. Among the programs is one that crashes, one that hangs, one with a bug, and one that allocates until the
limit.

In the end every corpus must have the bytes of one that was not interrupted; all damage must have been named, and none
that nobody did. ``--plants`` shows that the suite finds defects: each is put into the code, and must be noticed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest import mock

from tests.corpus import handwritten
from tests.corpus.making import configuration, contents
from tests.proofs.interruptions import (
    INTERRUPTIONS,
    Interruption,
    Trial,
    cut_shard,
    flip_journal,
    flip_shard,
    flipped,
    kill_at_unit,
    kill_worker,
)
from warpsmith.corpus import journal, quarantine, sources
from warpsmith.corpus.make import Maker
from warpsmith.corpus.worker import Death

MOST = 12
"""Interruptions of one corpus."""
RESTARTS = 5
"""How often the command is given again without an interruption, before the corpus counts as lost."""
_MISTAKES = 3
ENDED_BY_A_PROGRAM = ("program_has_a_bug", "program_hangs", "program_crashes", "program_swells")
"""What programs of every corpus do to their worker; see :data:`tests.corpus.handwritten.RARELY`."""


def plan(seed: int, count: int) -> deque[Interruption]:
    """So many interruptions, each kind as often as every other, in random order."""
    chosen = list(islice(cycle(INTERRUPTIONS), count))
    random.Random(seed).shuffle(chosen)
    return deque(chosen)


def interrupt(trial: Trial, left: deque[Interruption], seconds: float) -> Iterator[str]:
    """Make a corpus, and interrupt it as is planned; names what happened.

    Args:
        trial: the corpus.
        left: what is planned; what happened is taken out.
        seconds: how long a corpus takes.
    """
    at_work, happened = trial.start(), 0
    while left and happened < MOST:
        fault = left[0]
        moment = time.monotonic() + trial.random.random() ** 2 * seconds
        while at_work.alive and (time.monotonic() < moment or not INTERRUPTIONS[fault](trial, at_work)):
            time.sleep(0.01)
        if not at_work.alive and trial.finish(at_work):
            return
        if at_work.alive and fault(trial, at_work):
            left.popleft()
            happened += 1
            yield fault.__name__
        if not at_work.alive:
            if trial.finish(at_work):
                return
            at_work = trial.start()
    trial.finish(at_work)


def complete(trial: Trial) -> bool:
    """Give the command until the corpus is complete; whether that comes about."""
    return any(trial.finish(trial.start()) for _ in range(RESTARTS))


def spoil(trial: Trial) -> str:
    """Flip a bit of the finished corpus and give the command once more."""
    file = trial.random.choice(sorted(p for p in trial.path.rglob("*.parquet")))
    file.write_bytes(flipped(file.read_bytes(), trial.random))
    trial.caused.append(file.name)
    trial.finish(trial.start())
    return "flip_finished"


def mistakes(trial: Trial, expected: dict[str, bytes]) -> Iterator[str]:
    """What is wrong with a corpus, or with what was said of it."""
    found = contents(trial.path)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield f"{name} is another"
    for name in trial.caused:
        if not any(name in said for said in trial.named):
            yield f"nobody said that {name} was damaged"
    for said in trial.named:
        if not any(name in said for name in (*trial.caused, *trial.excused)):
            yield f"nobody did this: {said}"


def uninterrupted(folder: Path, jobs: int) -> tuple[dict[str, bytes], float]:
    """The files of a corpus that nobody interrupts, and how long it took."""
    whole, began = Trial(folder / "whole", random.Random(0), jobs), time.monotonic()
    if not whole.finish(whole.start()):
        raise AssertionError("without any interruption, no corpus was made")
    return contents(whole.path), time.monotonic() - began


def faults(
    planned: Iterable[Interruption], seed: int, jobs: int, folder: Path, whole: tuple[dict[str, bytes], float]
) -> tuple[Counter[str], list[str]]:
    """Make corpora with the interruptions that are planned, or until something is wrong with three.

    Args:
        planned: what is to happen.
        seed: decides when, and to what.
        jobs: worker processes.
        folder: where to make them.
        whole: the files that they must have, and within how many seconds they are interrupted.

    Returns:
        How often what happened, and what is wrong with the corpora.
    """
    left, happened, wrong = deque(planned), Counter[str](), list[str]()
    expected, seconds = whole
    for number in range(seed, seed + 10 * len(left)):
        if not left or len(wrong) >= _MISTAKES:
            break
        trial = Trial(folder / "trial", random.Random(number), jobs)
        here = Counter(interrupt(trial, left, seconds))
        done = complete(trial)
        found = list(mistakes(trial, expected))
        if done:  # what was wrong before may be made again, and be right
            here[spoil(trial)] += 1
            here.update(ENDED_BY_A_PROGRAM)
            found += mistakes(trial, expected)
        wrong += [f"trial {number} {dict(here)}: {mistake}" for mistake in dict.fromkeys(found)]
        shutil.rmtree(trial.path, ignore_errors=True)
        happened += here
        print(f"{len(left)} left: {dict(here)}; {len(wrong)} wrong", file=sys.stderr, flush=True)
    if not wrong:
        wrong += [f"never happened: {name}" for name in {fault.__name__ for fault in left}]
    return happened, wrong


def _early_journal(append: Any) -> Any:
    def early(self: journal.Journal, done: journal.Done) -> None:
        shard = self.path.parent / done.unit.file
        late = shard.rename(shard.with_suffix(".late"))
        append(self, done)
        time.sleep(0.6)
        late.rename(shard)

    return early


def _first_suspect(attempt: quarantine.Attempt, seeds: list[int], first: Death) -> quarantine.Quarantined:
    return quarantine.Quarantined(seeds[0] if first.seed is None else first.seed, first.stage, first.reason)


PLANTS: dict[str, tuple[Callable[[], Any], Sequence[Interruption]]] = {
    "a unit is journalled before its shard is on disk": (
        lambda: mock.patch.object(journal.Journal, "append", _early_journal(journal.Journal.append)),
        [kill_at_unit] * 2,
    ),
    "a shard that the journal names is taken unread": (
        lambda: mock.patch.object(sources, "_is", lambda path, sha256: path.is_file()),
        [cut_shard, flip_shard] * 2,
    ),
    "a line of the journal is taken without its check": (
        lambda: mock.patch.object(journal, "_check", return_value=None),
        [flip_journal] * 6,
    ),
    "one death is enough for quarantine": (
        lambda: mock.patch.object(quarantine, "_culprit", _first_suspect),
        [kill_worker] * 6,
    ),
}
"""Defects that the suite must notice, and the interruptions that bring them to light."""


def warm_up() -> None:
    """Load what a worker needs, once for all of those that are forked."""
    with Maker(handwritten.FAMILY, configuration(handwritten.FAMILY)) as maker:
        maker.records(range(10))


def plants(seed: int, jobs: int, folder: Path, whole: tuple[dict[str, bytes], float]) -> dict[str, list[str]]:
    """Put each defect into the code; what the suite notices."""
    found = {}
    for name, (planted, planned) in PLANTS.items():
        with planted():
            found[name] = faults(planned, seed, jobs, folder, whole)[1][:3]
    return found


def main() -> None:
    """Interrupt, and say what became of it; exit code 1 if a corpus was not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--within", type=float, help="seconds after a start; by default, as long as a corpus takes")
    parser.add_argument(
        "--plants", action="store_true", help="put defects into the code, and see whether they are noticed"
    )
    options = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected, seconds = uninterrupted(folder, options.jobs)
        whole = expected, options.within or seconds
        if options.plants:
            found = plants(options.seed, options.jobs, folder, (expected, seconds))
            print(json.dumps(found, indent=2))
            sys.exit(0 if all(found.values()) else 1)
        happened, wrong = faults(plan(options.seed, options.count), options.seed, options.jobs, folder, whole)
    print(json.dumps({"interruptions": dict(sorted(happened.items())), "wrong": wrong}, indent=2))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
