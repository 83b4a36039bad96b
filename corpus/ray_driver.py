"""The process that talks to a Ray cluster: it hands out units, a task each, and passes on the shards that come back."""

from __future__ import annotations

import atexit
import sys
import tempfile
import time
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray

from warpsmith.corpus.shard import UnitReport, run_unit
from warpsmith.corpus.unit import Configuration, Unit
from warpsmith.corpus.worker import BatchWorker, Limits, Orders

_AHEAD = 2
"""Units that are handed to the cluster for each of its processors, so that none waits for us."""
_LOOK = 1.0
"""Seconds after which the cluster, and whoever started us, are looked at."""


def _connect(address: str | None, jobs: int) -> int | str:
    """How many processors the cluster has, or why there is none."""
    local = {"address": "local", "num_cpus": jobs, "include_dashboard": False}
    try:
        ray.init(log_to_driver=False, **(local if address is None else {"address": address}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        return " ".join(str(error).split())
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _serve(pipe: Connection[Any, Any], jobs: int, grace: float) -> None:
    """Have units made until all are, the cluster is lost, or nobody wants them any more."""
    units, orders = pipe.recv()
    rest, shared = iter(units), ray.put(orders)
    waiting = [_task.remote(unit, shared) for unit in islice(rest, _AHEAD * jobs)]
    seen = time.monotonic()
    while waiting:
        done, waiting = ray.wait(waiting, timeout=_LOOK)
        if pipe.poll():  # nothing is sent to us any more but the end
            return
        if done or ray.cluster_resources().get("CPU", 0) >= 1:
            seen = time.monotonic()
        elif time.monotonic() - seen > grace:
            pipe.send(("lost", grace, None))
            return
        for task in done:
            waiting += [_task.remote(unit, shared) for unit in islice(rest, 1)]
            pipe.send(_outcome(task))
    pipe.poll(None)


def _outcome(task: Any) -> tuple[str, Any, Any]:
    try:
        return "done", *ray.get(task)
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error
        return "failed", " ".join(str(cause).split())[:500], None


def _make(unit: Unit, orders: Orders) -> tuple[UnitReport, bytes]:
    with tempfile.TemporaryDirectory(prefix="warpsmith-") as folder:
        report = run_unit(unit, _worker(orders), Path(folder))
        return report, (Path(folder) / unit.file).read_bytes()


_task = ray.remote(num_cpus=1, max_retries=-1)(_make)
_workers: dict[tuple[Configuration, Limits], BatchWorker] = {}
"""Of this process of Ray's, which runs one task after the other."""


def _worker(orders: Orders) -> BatchWorker:
    key = (orders.configuration, orders.limits)
    if key not in _workers:
        _workers[key] = BatchWorker(orders).__enter__()
        atexit.register(_workers[key].__exit__, None, None, None)
    return _workers[key]


def main() -> None:
    """Serve the connection whose descriptor the command line names."""
    pipe: Connection[Any, Any] = Connection(int(sys.argv[1]))
    address, jobs, grace = pipe.recv()
    found = _connect(address, jobs)
    pipe.send(found)
    try:
        if isinstance(found, int):
            _serve(pipe, found, grace)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # nobody is there any more
    finally:
        ray.shutdown()


if __name__ == "__main__":
    from warpsmith.corpus.ray_driver import main as serve  # tasks must name a module that nodes can import

    serve()
