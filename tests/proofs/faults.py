"""What becomes of a corpus whose making is interrupted at random moments.

::

    python -m tests.proofs.faults --seed S --count 200

Small corpora are made, each with several interruptions: a worker, the coordinator or both are killed; one of them is
stopped for a while; the disk is full; a shard is cut short; a bit of a shard or of the journal is flipped; the clock is
set back, so that all files are of tomorrow. The same command is then given again, until the corpus is complete, when a
bit of one of its files is flipped, too. Among the programs is one that crashes, one that hangs, one with a bug, and one
that allocates until the limit. In the end every corpus must have the bytes of one that was not interrupted, and all
damage must have been named.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.corpus import handwritten
from tests.corpus.making import configuration, contents
from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.generate import generate
from warpsmith.corpus.unit import Request
from warpsmith.corpus.worker import Limits
from warpsmith.errors import CorpusError

COUNT = 40
FAULTS_OF_A_CORPUS = 5
LIMITS = Limits(seconds=20, memory=2 << 30)
_FORK = multiprocessing.get_context("fork")  # what is imported already need not be imported by every coordinator


@dataclass
class Trial:
    """One corpus on its way.

    Attributes:
        path: its folder.
        random: decides what happens to it, and when.
        jobs: worker processes.
        faults: what happened, by name.
        named: damage that was reported.
        caused: files that were damaged.
    """

    path: Path
    random: random.Random
    jobs: int
    faults: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    caused: list[str] = field(default_factory=list)

    def start(self) -> Coordinator:
        """Give the command, again."""
        ours, theirs = _FORK.Pipe(duplex=False)
        process = _FORK.Process(target=_generate, args=(self.path, self.jobs, theirs))
        process.start()
        theirs.close()
        return Coordinator(process, ours)

    def finish(self, coordinator: Coordinator) -> bool:
        """Wait for a coordinator; whether the corpus is complete."""
        with suppress(EOFError, OSError):
            while True:
                self.named.append(coordinator.pipe.recv())
        coordinator.process.join()
        return bool(coordinator.process.exitcode == 0)


@dataclass
class Coordinator:
    """A process that makes the corpus."""

    process: Any
    pipe: Any

    @property
    def alive(self) -> bool:
        """Whether it is still at work."""
        return bool(self.process.is_alive())

    def workers(self) -> list[int]:
        """Its worker processes."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"warpsmith.corpus.worker" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


def _generate(path: Path, jobs: int, pipe: Any) -> None:
    family = handwritten.RARELY
    request = Request(configuration(family), 0, COUNT, 4)
    try:
        generate(request, family, path, lambda: LocalEngine(jobs), limits=LIMITS, warn=pipe.send)
    except (OSError, CorpusError) as error:
        print(f"ended: {error}", file=sys.stderr)
        os._exit(1)


def kill_worker(trial: Trial, at_work: Coordinator) -> None:
    """SIGKILL to one of the workers."""
    _kill(trial.random.sample(at_work.workers(), k=min(1, len(at_work.workers()))))


def kill_coordinator(trial: Trial, at_work: Coordinator) -> None:
    """SIGKILL to the coordinator; its workers notice by themselves."""
    _kill([at_work.process.pid])


def kill_both(trial: Trial, at_work: Coordinator) -> None:
    """SIGKILL to the coordinator and all of its workers."""
    _kill([at_work.process.pid, *at_work.workers()])


def stop(trial: Trial, at_work: Coordinator) -> None:
    """SIGSTOP to anyone for a second."""
    chosen = trial.random.choice([at_work.process.pid, *at_work.workers()])
    _kill([chosen], signal.SIGSTOP)
    time.sleep(1.0)
    _kill([chosen], signal.SIGCONT)


def fill_disk(trial: Trial, at_work: Coordinator) -> None:
    """Let the coordinator write files of 4 KB at most."""
    with suppress(ProcessLookupError):
        resource.prlimit(at_work.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


def cut_shard(trial: Trial, at_work: Coordinator) -> None:
    """Cut a shard short, after the coordinator was killed."""
    _damage(trial, at_work, "unit-*.parquet", lambda data: data[: trial.random.randrange(len(data))])


def flip_shard(trial: Trial, at_work: Coordinator) -> None:
    """Flip a bit of a shard, after the coordinator was killed."""
    _damage(trial, at_work, "unit-*.parquet", lambda data: flipped(data, trial.random))


def flip_journal(trial: Trial, at_work: Coordinator) -> None:
    """Flip a bit of the journal, after the coordinator was killed."""
    _damage(trial, at_work, "journal.jsonl", lambda data: flipped(data, trial.random))


def set_clock_back(trial: Trial, at_work: Coordinator) -> None:
    """Make all files those of tomorrow, after the coordinator was killed."""
    _end(trial, at_work)
    for path in trial.path.rglob("*"):
        os.utime(path, (time.time() + 86_400,) * 2)


FAULTS: tuple[Callable[[Trial, Coordinator], None], ...] = (
    kill_worker,
    kill_coordinator,
    kill_both,
    stop,
    fill_disk,
    cut_shard,
    flip_shard,
    flip_journal,
    set_clock_back,
)


def flipped(data: bytes, source: random.Random) -> bytes:
    """The data with one bit flipped."""
    changed = bytearray(data)
    changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _kill(processes: list[int], number: int = signal.SIGKILL) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _end(trial: Trial, at_work: Coordinator) -> None:
    _kill([at_work.process.pid])
    trial.finish(at_work)


def _damage(trial: Trial, at_work: Coordinator, pattern: str, change: Callable[[bytes], bytes]) -> None:
    """Change a file that the journal vouches for, or the journal itself."""
    _end(trial, at_work)
    journal = trial.path / "units" / "journal.jsonl"
    lines = journal.read_text().splitlines() if journal.exists() else []
    vouched = {f"unit-{e['first']:012d}-{e['count']:04d}.parquet" for e in map(json.loads, filter(_sound, lines))}
    files = sorted(p for p in (trial.path / "units").glob(pattern) if p == journal or p.name in vouched)
    if files:
        chosen = trial.random.choice(files)
        before = chosen.read_bytes()
        chosen.write_bytes(change(before))
        trial.caused.append(chosen.name)


def _sound(line: str) -> bool:
    with suppress(ValueError):
        return isinstance(json.loads(line), dict)
    return False


def trial_of(path: Path, seed: int, faults: int, jobs: int) -> Trial:
    """Make a corpus that is interrupted so many times."""
    trial = Trial(path, random.Random(seed), jobs)
    at_work = trial.start()
    for fault in trial.random.choices(FAULTS, k=faults):
        wait = trial.random.uniform(0.0, 1.0) ** 2 * 12.0
        deadline = time.monotonic() + wait
        while at_work.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        if at_work.alive:
            trial.faults[fault.__name__] += 1
            fault(trial, at_work)
        if not at_work.alive:
            trial.finish(at_work)
            at_work = trial.start()
    while not trial.finish(at_work):
        at_work = trial.start()
    _spoil(trial)
    return trial


def _spoil(trial: Trial) -> None:
    """Flip a bit of the finished corpus and give the command once more."""
    file = trial.random.choice(sorted(p for p in trial.path.rglob("*.parquet")))
    file.write_bytes(flipped(file.read_bytes(), trial.random))
    trial.faults["flip_finished"] += 1
    trial.caused.append(file.name)
    trial.finish(trial.start())


def faults(seed: int, count: int, jobs: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Make corpora with so many interruptions.

    Returns:
        How often what happened, and what is wrong with the corpora.
    """
    whole = Trial(folder / "whole", random.Random(0), jobs)
    if not whole.finish(whole.start()):
        return Counter(), ["without any interruption, no corpus was made"]
    expected = contents(whole.path)
    happened: Counter[str] = Counter()
    wrong: list[str] = []
    while (left := count - happened.total()) > 0:
        number = seed + happened.total()
        trial = trial_of(folder / "trial", number, min(left - 1, FAULTS_OF_A_CORPUS), jobs)
        happened += trial.faults
        found = contents(trial.path)
        different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        wrong += [f"trial {number} ({dict(trial.faults)}): {name} is another" for name in different]
        silent = [name for name in trial.caused if not any(name in said for said in trial.named)]
        wrong += [f"trial {number}: nobody said that {name} was damaged" for name in silent]
        shutil.rmtree(trial.path)
        print(f"{happened.total()} of {count}: {dict(trial.faults)}; {len(wrong)} wrong", flush=True)
    return happened, wrong


def main() -> None:
    """Interrupt, and say what came of it; exit code 1 if a corpus was not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        happened, wrong = faults(options.seed, options.count, options.jobs, Path(folder))
    print(json.dumps({"interruptions": dict(sorted(happened.items())), "wrong": wrong}, indent=2))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
