"""A process that makes batches of programs, and whoever watches it: it may crash, hang or run out of memory.

The process sees no file of the corpus. It is sent seeds and sends rows back, and says before every step what it is
about to do; so its end costs one batch, and the last step is known.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any

import pyarrow as pa
import warp as wp

from warpsmith.corpus.log import peak_memory
from warpsmith.corpus.make import Maker
from warpsmith.corpus.row import shard_schema
from warpsmith.corpus.unit import Configuration
from warpsmith.errors import CorpusError
from warpsmith.ir.child import memory_of_children
from warpsmith.ir.digest import GENERATED
from warpsmith.synthesizer.family import Family

LIFETIME = {"generated": 2_000, "native": 200}
"""Programs after which a process makes way for a fresh one, without and with native compilation.

The native compilers do not give back all they take: some 150 MB in 320 large programs at ptx, next to nothing in small
ones, and 25 MB in 900 programs without them. A fresh process costs two seconds.
"""
_PATIENCE = 10.0
"""Seconds by the clock for a second of computing."""
_START = 300.0
"""Seconds that a process may take to import Warp: many may start at once, from a slow disk."""
_STARTS = 3
"""Processes in a row that may be killed while they start: whoever kills a process may meet one that is young."""


@dataclass(frozen=True)
class Limits:
    """What a batch may cost.

    Attributes:
        seconds: of computing, for one step: a program to be drawn, or a batch to be compiled. Whoever computes nothing
            is given ten times as long, by the clock, since the machine may be busy with others.
        memory: bytes that a worker process may allocate; ``None`` for as many as there are.
    """

    seconds: float = 600.0
    memory: int | None = None


@dataclass(frozen=True)
class Orders:
    """What a worker process makes; it crosses a process border.

    Attributes:
        family: draws the programs; its ``draw`` must be a function that can be imported.
        configuration: decides the rows.
        limits: what a batch may cost.
    """

    family: Family
    configuration: Configuration
    limits: Limits = Limits()

    @property
    def lifetime(self) -> int:
        """Programs after which a process makes way for a fresh one."""
        generated = self.configuration.check == "codegen" and GENERATED.issuperset(self.configuration.levels)
        return LIFETIME["generated" if generated else "native"]


@dataclass(frozen=True)
class Made:
    """Rows of a batch, the CPU seconds of every stage, and the most bytes that were in memory for it."""

    rows: pa.RecordBatch
    seconds: dict[str, float]
    memory: int


@dataclass(frozen=True)
class Death:
    """How a batch ended its process.

    Attributes:
        stage: the step that was going on: ``draw``, ``load``, ``capture`` or ``execute``.
        seed: whose step it was; ``None`` where it was that of the whole batch.
        reason: in words that depend on the cause alone, as rows of the quarantine table must be the same every time.
        certain: whether the seed's program itself raised an error, so that nobody else can be to blame.
    """

    stage: str
    seed: int | None
    reason: str
    certain: bool = False


class WorkerStopped(Exception):
    """The worker was told to stop while it was busy."""


@dataclass
class BatchWorker:
    """Keeps a process that makes batches, and starts another when it is gone; a context manager.

    Attributes:
        orders: what to make.
        sources: of the programs that were drawn, by seed, until they are cleared.
    """

    orders: Orders
    sources: dict[int, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _pipe: Connection[Any, Any] | None = None
    _made: int = 0
    _stopped: bool = False

    def __enter__(self) -> BatchWorker:
        self._scratch = tempfile.TemporaryDirectory(prefix="warpsmith-", ignore_cleanup_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._scratch.cleanup()

    def stop(self) -> None:
        """Make whoever waits in :meth:`make` come back with :class:`WorkerStopped`; may be called from any thread."""
        self._stopped = True
        if (process := self._process) is not None:
            _kill(process)

    def make(self, seeds: Sequence[int]) -> Made | Death:
        """The rows of a batch, or how it ended the process.

        Raises:
            CorpusError: no process could be started.
            OSError: the process could not write its temporary files, or the like: no program's fault.
            WorkerStopped: see :meth:`stop`.
        """
        if self._stopped:
            return self._halted()
        if self._process is None or self._made >= self.orders.lifetime:
            self._end()
            self._start()
        assert self._pipe is not None
        try:
            self._pipe.send(list(seeds))
        except OSError:  # it has died meanwhile, of none of these seeds
            self._end()
            return self.make(seeds)
        self._made += len(seeds)
        outcome = self._answer()
        if self._stopped:
            return self._halted()
        if isinstance(outcome, Death) and not outcome.certain:
            self._end()
        return outcome

    def _halted(self) -> Made | Death:
        self._end()
        raise WorkerStopped

    def _start(self) -> None:
        for _ in range(_STARTS):
            ready, reason = self._started()
            if ready:
                return
            self._end()
            if not reason.startswith("killed"):  # by itself: so would the next one
                break
        raise CorpusError(f"the worker processes could not start: {reason}")

    def _started(self) -> tuple[bool, str]:
        """Start a process: whether it is ready, and if not, why."""
        ours, theirs = Pipe()
        command = [sys.executable, "-m", "warpsmith.corpus.worker", str(theirs.fileno())]
        environment = {
            **os.environ,
            "TMPDIR": self._scratch.name,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        with theirs:
            # A session of its own: Ctrl-C is for us alone, and whatever it starts can be killed with it.
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._pipe, self._made = ours, 0
        if self._stopped:  # meanwhile: whoever stopped us saw no process
            self._halted()
        try:
            ours.send(self.orders)
            ready, reason = ours.poll(_START) and ours.recv() == "ready", f"not ready after {_START:g} seconds"
        except (EOFError, OSError):
            ready, reason = False, self._obituary()
        if self._stopped:
            self._halted()
        return ready, reason

    def _answer(self) -> Made | Death:
        assert self._pipe is not None
        stage, seed = "draw", None
        while True:
            try:
                if not self._pipe.poll(_PATIENCE * self.orders.limits.seconds):
                    return Death(stage, seed, self._too_slow)
                match self._pipe.recv():
                    case "step", stage, seed:
                        pass
                    case "drawn", seed, source:
                        self.sources[seed] = source
                    case "made", rows, seconds, memory:
                        return Made(_unpack(rows), seconds, memory)
                    case "raised", reason, certain:
                        return Death(stage, seed, reason, certain)
                    case "failed", number, text:
                        raise OSError(number, text)
            except (EOFError, ConnectionResetError):
                return Death(stage, seed, self._obituary())

    @property
    def _too_slow(self) -> str:
        return f"took longer than {self.orders.limits.seconds:g} seconds"

    def _obituary(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        if code == -signal.SIGPROF:
            return self._too_slow
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _end(self) -> None:
        if self._process is not None and self._pipe is not None:
            _kill(self._process)
            self._process.wait()
            self._pipe.close()
        self._process = self._pipe = None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and whatever it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _unpack(data: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(data) as stream:
        return stream.read_next_batch()


def _pack(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


class _Server:
    """The process's side."""

    def __init__(self, pipe: Connection[Any, Any], orders: Orders) -> None:
        self.pipe, self.orders = pipe, orders
        self.schema = shard_schema(orders.configuration.levels)

    def serve(self) -> None:
        with Maker(self.orders.family, self.orders.configuration, self._step) as maker:
            # Warp's registry, the grammar and what else is imported stays: no collection need walk through it. Trees
            # have no cycles, and a program makes about 50,000 nodes.
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)
            self.pipe.send("ready")
            while True:
                try:
                    seeds = self.pipe.recv()
                except EOFError:
                    return
                self.pipe.send(self._answer(maker, seeds))

    def _step(self, stage: str, seed: int | None, source: str | None) -> None:
        self.pipe.send(("step", stage, seed) if source is None else ("drawn", seed, source))
        # Whose time is over is ended by the system: this counts computing alone, of all threads.
        signal.setitimer(signal.ITIMER_PROF, self.orders.limits.seconds)

    def _answer(self, maker: Maker, seeds: list[int]) -> tuple[Any, ...]:
        maker.clock.seconds.clear()
        self._step("draw", None, None)
        try:
            records = maker.records(seeds)
            with maker.clock.stage("parquet"):
                rows = _pack(pa.RecordBatch.from_pylist(records, self.schema))
        except CorpusError as error:
            return "raised", str(error), True
        except MemoryError:
            return "raised", "out of memory", False
        except OSError as error:
            return "failed", error.errno or errno.EIO, error.strerror or str(error)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
        return "made", rows, dict(maker.clock.seconds), peak_memory() + memory_of_children()


def _die_with(parent: int) -> None:
    """End this process and what it has started when its parent is gone, however busy it is."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serve the connection whose descriptor the command line names."""
    pipe: Connection[Any, Any] = Connection(int(sys.argv[1]))
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    orders: Orders = pipe.recv()
    sys.excepthook = lambda kind, error, trace: pipe.send(("raised", f"{kind.__name__}: {error}", False))
    if orders.limits.memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (orders.limits.memory, orders.limits.memory))
    wp.config.log_level = wp.LOG_ERROR  # what Warp says of a program is of no interest to whoever asked for many
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody is there any more
        _Server(pipe, orders).serve()


if __name__ == "__main__":
    main()
