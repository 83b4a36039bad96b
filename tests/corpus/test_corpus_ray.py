"""Units on a Ray cluster of several nodes, some of which are lost. Without Ray, which is an extra, there is no test."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import handwritten
import pytest
from making import configuration, contents

from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.generate import generate
from warpsmith.corpus.ray_engine import Ray
from warpsmith.corpus.unit import Request
from warpsmith.errors import CorpusError, UsageError

pytest.importorskip("ray")
REQUEST = Request(configuration(handwritten.FAMILY, ("cpp", "cuda")), 5, 40, 1000)
"""That of the corpus ``plain``."""
ENVIRONMENT = {
    "PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parent.parent.parent}",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "3",  # how long Ray waits for a head node that is gone
}
NOTICE = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
"""Have Ray notice soon that a node is lost."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster whose first node, where we are, makes nothing, and which has two more."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        made = Cluster(True, head_node_args={"num_cpus": 0, "include_dashboard": False, "_system_config": NOTICE})
        for _ in range(2):
            made.add_node(num_cpus=1)
        yield made
        made.shutdown()


def lose(cluster: Any, node: Any) -> None:
    cluster.remove_node(node, allow_graceful=False)


def make(path: Path, cluster: Any, after_the_first_unit: Callable[[], None]) -> None:
    """Make ``plain`` on a cluster, and do something to it meanwhile."""
    reported = 0

    def progress(seeds: int) -> None:
        nonlocal reported
        reported += seeds > 0
        if reported == 1:
            after_the_first_unit()

    engine = Ray(cluster.address, 2, grace=1)
    generate(REQUEST, handwritten.FAMILY, path, lambda: engine, progress=progress)


def test_a_lost_node_costs_its_units_and_no_byte(plain: Path, tmp_path: Path, cluster: Any) -> None:
    make(tmp_path / "corpus", cluster, lambda: lose(cluster, cluster.worker_nodes.copy().pop()))
    assert len(cluster.worker_nodes) == 1
    assert contents(tmp_path / "corpus") == contents(plain)


def test_a_cluster_that_has_lost_its_nodes_ends_the_run_which_is_resumed_anywhere(
    plain: Path, tmp_path: Path, cluster: Any
) -> None:
    (last,) = cluster.worker_nodes
    with pytest.raises(CorpusError, match="no processor for 1 seconds; what was finished is kept: run the same"):
        make(tmp_path / "corpus", cluster, lambda: lose(cluster, last))
    outcome = generate(REQUEST, handwritten.FAMILY, tmp_path / "corpus", LocalEngine)
    assert outcome.resumed
    assert not outcome.damaged
    assert contents(tmp_path / "corpus") == contents(plain)


def test_a_cluster_that_is_gone_ends_the_run(tmp_path: Path, cluster: Any) -> None:
    engine = Ray(cluster.address, 1)
    engine.connect()
    lose(cluster, cluster.head_node)
    with pytest.raises(CorpusError, match="the connection to the Ray cluster is lost; what was finished is kept"):
        generate(REQUEST, handwritten.FAMILY, tmp_path, lambda: engine)


def test_a_cluster_that_cannot_be_reached_is_wrong_use_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        there = f"127.0.0.1:{nobody.getsockname()[1]}"
        for address in (f"ray://{there}", "nowhere", "127.0.0.1:port"):
            with pytest.raises(UsageError, match=address):
                Ray(address, 1).connect()
        command = [sys.executable, "-m", "warpsmith", "generate", "--count", "5", "--out", str(tmp_path / "corpus")]
        done = subprocess.run(
            [*command, "--engine", "ray", "--address", there], capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"warpsmith: cannot reach a Ray cluster at {there}: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
