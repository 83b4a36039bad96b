"""Warp's shipped examples run headless on the CPU, so that what we capture from them is what runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = {
    "core.example_wave": ("--device", "cpu", "--stage-path", "None", "--num-frames", "2"),
    "core.example_graph_capture": ("--device", "cpu", "--num-frames", "1", "--headless"),
    "core.example_fdtd_3d": (
        *("--device", "cpu", "--resolution", "48", "--num-steps", "2", "--steps-per-frame", "1", "--headless"),
    ),
}


def run_example(name: str, arguments: tuple[str, ...], cache: Path) -> subprocess.CompletedProcess[str]:
    # Unoptimised and forward-only where the example allows: it is to run, not to be fast.
    code = (
        "import runpy, sys, warp as wp; wp.config.optimization_level = 0; "
        f"sys.argv = [{name!r}, *{arguments!r}]; runpy.run_module('warp.examples.{name}', run_name='__main__')"
    )
    environment = os.environ | {"WARP_CACHE_PATH": str(cache)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_shipped_example_runs_headless_on_the_cpu(name: str, tmp_path: Path) -> None:
    done = run_example(name, EXAMPLES[name], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Module __main__" in done.stdout, "it compiled and loaded its kernels"


def test_an_example_that_fails_would_be_seen(tmp_path: Path) -> None:
    done = run_example("core.example_wave", ("--num-frames", "many"), tmp_path)
    assert done.returncode != 0
