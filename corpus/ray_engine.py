"""Units on a Ray cluster. Nothing of Ray is loaded here: a process of its own talks to the cluster."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from importlib.util import find_spec
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from warpsmith.corpus.folder import whole
from warpsmith.corpus.shard import UnitReport
from warpsmith.corpus.unit import Unit
from warpsmith.corpus.worker import Orders
from warpsmith.errors import CorpusError, UsageError

_REACH = 5.0
"""Seconds that a machine may take to answer at all."""
_CONNECT = 20.0
"""Seconds that Ray may take to connect to a cluster that is there."""
_START = 300.0
"""Seconds that Ray may take to start a cluster of this machine."""
_END = 15.0
"""Seconds that Ray may take to let go of a cluster, or to end one of its own."""


class Ray:
    """The engine; see :class:`warpsmith.corpus.engines.Engine`.

    A node that is lost costs the units it was at: Ray runs their tasks again elsewhere. The nodes share no folder:
    shards come back as values, and are written here. Ray ends a process that loses its cluster, and writes to its
    standard error what it likes: so the one that talks to it is another one, and tells us what matters.

    Args:
        address: of a cluster; ``None`` for one of this machine that lives as long as the run.
        jobs: processors of the cluster of this machine.
        grace: seconds that a cluster may be without any processor before the run ends.

    Raises:
        UsageError: Ray is not installed.
    """

    def __init__(self, address: str | None, jobs: int, grace: float = 60.0) -> None:
        if find_spec("ray") is None:
            raise UsageError("--engine ray needs Ray: pip install 'warpsmith[ray]'")
        self.address, self.grace = address, grace
        self._jobs = jobs
        self._driver: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None

    @property
    def jobs(self) -> int:
        """Processors of the cluster, to which this connects."""
        self.connect()
        return self._jobs

    def connect(self) -> None:
        """Connect to the cluster, or start one.

        Raises:
            UsageError: it cannot be reached.
        """
        if self._pipe is not None:
            return
        if self.address is not None:
            _reach(self.address)
        self._pipe = self._start()
        try:
            self._pipe.send((self.address, self._jobs, self.grace))
            answered = self._pipe.poll(_START if self.address is None else _CONNECT)
            found: int | str = self._pipe.recv() if answered else "it takes too long"
        except (EOFError, OSError):
            found = "Ray ended without a word"
        if isinstance(found, str):
            self.close()
            raise UsageError(f"cannot reach a Ray cluster at {self.address or 'this machine'}: {found}")
        self._jobs = found

    def _start(self) -> Connection[Any, Any]:
        ours, theirs = Pipe()
        with theirs:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "warpsmith.corpus.ray_driver", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        return ours

    def run(self, units: Sequence[Unit], orders: Orders, folder: Path) -> Generator[UnitReport, None, None]:
        """Reports of the units as they are done; whatever ends the iteration ends the work too."""
        self.connect()
        assert self._pipe is not None
        try:
            self._pipe.send((units, orders))
            for _ in units:
                yield self._received(self._pipe.recv(), folder)
        except (EOFError, ConnectionError) as error:
            raise CorpusError(_lost("the connection to the Ray cluster is lost")) from error
        finally:
            self.close()

    def _received(self, said: tuple[str, Any, Any], folder: Path) -> UnitReport:
        match said:
            case "done", UnitReport() as report, bytes() as shard:
                with whole(folder / report.done.unit.file) as partial:
                    partial.write_bytes(shard)
                return report
            case "lost", seconds, _:
                raise CorpusError(_lost(f"the Ray cluster has had no processor for {seconds:g} seconds"))
            case _, reason, _:
                raise CorpusError(_lost(f"a task of Ray's failed: {reason}"))

    def close(self) -> None:
        """Let go of the cluster, and end what is still running there."""
        if self._pipe is not None and self._driver is not None:
            self._pipe.close()
            try:
                self._driver.wait(_END)
            except subprocess.TimeoutExpired:
                self._driver.kill()
                self._driver.wait()
        self._driver = self._pipe = None


def _lost(what: str) -> str:
    return f"{what}; what was finished is kept: run the same command again to resume"


def _reach(address: str) -> None:
    """Make sure that somebody is there: Ray itself tries for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not (colon and port.isdecimal()):
        if address == "auto":
            return
        raise UsageError(f"{address!r} is no address of a Ray cluster: write HOST:PORT, ray://HOST:PORT, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot reach a Ray cluster at {address}: {error}") from error
