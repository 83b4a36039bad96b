"""What can happen to a corpus while it is made; see :mod:`tests.proofs.faults`.

The coordinator is forked from a process that has imported everything, and so are its workers: they do what they always
do, and start at once. Each kind of interruption says when there is something to interrupt, and does it.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.corpus import handwritten
from tests.corpus.making import configuration
from warpsmith.corpus import worker
from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.generate import generate
from warpsmith.corpus.unit import Request, Unit
from warpsmith.errors import CorpusError

COUNT = 50
LIMITS = worker.Limits(seconds=0.6, memory=3 << 29)
PATIENCE = 6.0
"""Seconds by the clock for a second of computing, so that a worker that is stopped is given up within the suite."""
_FORK = multiprocessing.get_context("fork")


class ForkedWorker:
    """In place of ``subprocess.Popen``: a worker that is a copy of this process instead of a new interpreter."""

    def __init__(self, command: list[str], *, pass_fds: list[int], env: dict[str, str], **_: Any) -> None:
        ready, mine = os.pipe()
        self.pid = os.fork()
        self._status: int | None = None
        if self.pid == 0:
            _become_worker(command[-1], pass_fds, env, mine)
        os.close(mine)
        os.read(ready, 1)  # until it leads a group, which can be killed from now on: so says Popen, too
        os.close(ready)

    def wait(self) -> int:
        """How it ended, as ``subprocess.Popen`` says it."""
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status


def _become_worker(descriptor: str, kept: list[int], environment: dict[str, str], ready: int) -> None:
    try:
        os.setsid()
        os.write(ready, b".")
        gc.disable()  # connections of the coordinator must not be closed here: their numbers are others' now
        for entry in os.listdir("/proc/self/fd"):
            if int(entry) > 2 and int(entry) not in kept:
                with suppress(OSError):
                    os.close(int(entry))
        os.environ.update(environment)
        sys.argv = ["worker", descriptor]
        worker.main()
    finally:
        os._exit(1)


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
        """Its worker processes that are alive."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    found.append(int(entry.name))
        return found


@dataclass
class Trial:
    """One corpus on its way.

    Attributes:
        path: its folder.
        random: decides what happens to it, and when.
        jobs: worker processes.
        named: damage that was reported.
        caused: files that were damaged.
        excused: files that may be reported though nobody damaged them: a full disk cuts what is being written.
        journalled: bytes of the journal when the command was last given.
    """

    path: Path
    random: random.Random
    jobs: int
    named: list[str] = field(default_factory=list)
    caused: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    journalled: int = 0

    @property
    def journal(self) -> Path:
        """The journal of the unfinished corpus."""
        return self.path / "units" / "journal.jsonl"

    def start(self) -> Coordinator:
        """Give the command, again."""
        self.journalled = self.journal.stat().st_size if self.journal.exists() else 0
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

    def vouched(self) -> list[Path]:
        """The shards that the journal vouches for."""
        entries: dict[int, Path] = {}
        for line in self.journal.read_bytes().splitlines() if self.journal.exists() else []:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                entries[entry["first"]] = self.journal.parent / Unit(entry["first"], entry["count"]).file
        return sorted(path for path in entries.values() if path.exists())


def _generate(path: Path, jobs: int, pipe: Any) -> None:
    worker.subprocess.Popen = ForkedWorker  # type: ignore[attr-defined,misc,assignment]
    worker._PATIENCE = PATIENCE
    request = Request(configuration(handwritten.RARELY), 0, COUNT, 4)
    try:
        generate(request, handwritten.RARELY, path, lambda: LocalEngine(jobs), limits=LIMITS, warn=pipe.send)
    except (OSError, ValueError, CorpusError) as error:  # with a defect planted, Arrow may complain
        print(f"ended: {error}", file=sys.stderr)
        os._exit(1)


def kill_worker(trial: Trial, at_work: Coordinator) -> bool:
    """SIGKILL to one of the workers."""
    return _kill(_one(trial, at_work))


def kill_coordinator(trial: Trial, at_work: Coordinator) -> bool:
    """SIGKILL to the coordinator; its workers notice by themselves."""
    return _kill([at_work.process.pid])


def kill_both(trial: Trial, at_work: Coordinator) -> bool:
    """SIGKILL to the coordinator and all of its workers."""
    workers = at_work.workers()
    return _kill([at_work.process.pid]) and _kill(workers)


def kill_at_unit(trial: Trial, at_work: Coordinator) -> bool:
    """SIGKILL to the coordinator when the journal has just grown."""
    return _kill([at_work.process.pid])


def kill_in_merge(trial: Trial, at_work: Coordinator) -> bool:
    """SIGKILL to the coordinator while it writes the corpus's files."""
    time.sleep(trial.random.uniform(0.0, 0.08))
    return _kill([at_work.process.pid])


def stop_worker(trial: Trial, at_work: Coordinator) -> bool:
    """SIGSTOP to a worker, now and then for longer than the coordinator waits."""
    return _stop(_one(trial, at_work), trial.random.choice([0.3, 0.6, PATIENCE * LIMITS.seconds + 0.5]))


def stop_coordinator(trial: Trial, at_work: Coordinator) -> bool:
    """SIGSTOP to the coordinator, for half a second."""
    return _stop([at_work.process.pid], 0.5)


def starve_worker(trial: Trial, at_work: Coordinator) -> bool:
    """Let a worker have no more memory than it has."""
    return _limit(_one(trial, at_work), resource.RLIMIT_DATA, 1 << 20)


def fill_disk(trial: Trial, at_work: Coordinator) -> bool:
    """Let the coordinator, and workers that it starts, write files of so many bytes at most."""
    trial.excused.append(trial.journal.name)
    return _limit([at_work.process.pid], resource.RLIMIT_FSIZE, trial.random.choice([0, 300, 4096, 16384]))


def cut_shard(trial: Trial, at_work: Coordinator) -> bool:
    """Cut a shard short, after the coordinator was killed."""
    return _damage(trial, at_work, trial.vouched, lambda data: data[: trial.random.randrange(len(data))])


def flip_shard(trial: Trial, at_work: Coordinator) -> bool:
    """Flip a bit of a shard, after the coordinator was killed."""
    return _damage(trial, at_work, trial.vouched, lambda data: flipped(data, trial.random))


def flip_journal(trial: Trial, at_work: Coordinator) -> bool:
    """Flip a bit of the journal, after the coordinator was killed."""
    return _damage(trial, at_work, lambda: [trial.journal], lambda data: flipped(data, trial.random))


def set_clock_back(trial: Trial, at_work: Coordinator) -> bool:
    """Make all files those of tomorrow, after the coordinator was killed."""
    _end(trial, at_work)
    for path in trial.path.rglob("*"):
        os.utime(path, (time.time() + 86_400,) * 2)
    return True


def _worker_there(trial: Trial, at_work: Coordinator) -> bool:
    return bool(at_work.workers())


def _unit_done(trial: Trial, at_work: Coordinator) -> bool:
    return bool(trial.vouched())


def _journal_grew(trial: Trial, at_work: Coordinator) -> bool:
    return trial.journal.exists() and trial.journal.stat().st_size > trial.journalled


def _merging(trial: Trial, at_work: Coordinator) -> bool:
    units = [path.stem.split("-") for path in trial.vouched()]
    return sum(int(count) for _, _, count in units) == COUNT and not at_work.workers()


def _at_work(trial: Trial, at_work: Coordinator) -> bool:
    return True


Interruption = Callable[[Trial, Coordinator], bool]
INTERRUPTIONS: dict[Interruption, Callable[[Trial, Coordinator], bool]] = {
    kill_worker: _worker_there,
    kill_coordinator: _at_work,
    kill_both: _worker_there,
    kill_at_unit: _journal_grew,
    kill_in_merge: _merging,
    stop_worker: _worker_there,
    stop_coordinator: _at_work,
    starve_worker: _worker_there,
    fill_disk: _at_work,
    cut_shard: _unit_done,
    flip_shard: _unit_done,
    flip_journal: _unit_done,
    set_clock_back: _at_work,
}
"""What can happen, and when it can. Each says whether it happened."""


def flipped(data: bytes, source: random.Random) -> bytes:
    """The data with one bit flipped."""
    changed = bytearray(data)
    changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _one(trial: Trial, at_work: Coordinator) -> list[int]:
    """One of the workers, any: the first may be idle already."""
    workers = at_work.workers()
    return trial.random.sample(workers, k=min(1, len(workers)))


def _kill(processes: list[int], number: int = signal.SIGKILL) -> bool:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            return False
    return bool(processes)


def _stop(processes: list[int], seconds: float) -> bool:
    stopped = _kill(processes, signal.SIGSTOP)
    if stopped:
        time.sleep(seconds)
        _kill(processes, signal.SIGCONT)
    return stopped


def _limit(processes: list[int], what: int, most: int) -> bool:
    for process in processes:
        try:
            hard = resource.prlimit(process, what)[1]
            resource.prlimit(process, what, (most, hard))
        except ProcessLookupError:
            return False
    return bool(processes)


def _end(trial: Trial, at_work: Coordinator) -> None:
    _kill([at_work.process.pid])
    trial.finish(at_work)


def _damage(
    trial: Trial, at_work: Coordinator, files: Callable[[], list[Path]], change: Callable[[bytes], bytes]
) -> bool:
    """Change a file, after the coordinator was killed; what it had finished meanwhile has no such files."""
    _end(trial, at_work)
    there = [file for file in files() if file.exists()]
    if there:
        chosen = trial.random.choice(there)
        chosen.write_bytes(change(chosen.read_bytes()))
        trial.caused.append(chosen.name)
    return bool(there)
