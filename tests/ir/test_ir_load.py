"""Programs from text come and go without a trace."""

from __future__ import annotations

import linecache
import subprocess
import sys
from pathlib import Path

import pytest
from ir_programs import PROGRAM

from warpsmith.ir import capture, load, load_file
from warpsmith.ir.backend.modules import warp_context


def test_a_program_is_found_under_the_name_asked_for() -> None:
    loaded = load(PROGRAM, name="a_program_of_mine")
    assert sys.modules["a_program_of_mine"] is loaded.module
    assert list(loaded.kernels) == ["run"]
    loaded.unload()


def test_a_name_in_use_is_refused() -> None:
    with pytest.raises(ValueError, match="loaded already"):
        load(PROGRAM, name="sys")


def test_a_program_that_fails_to_load_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        load("import warp as wp\n1 / 0\n", name="unlucky")
    assert "unlucky" not in sys.modules
    assert "<unlucky>" not in linecache.cache


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_file("nowhere/at_all.py")


def test_unloading_forgets_the_program_everywhere() -> None:
    loaded = load(PROGRAM, name="soon_gone")
    capture(loaded.kernels["run"])
    loaded.unload()
    assert "soon_gone" not in sys.modules
    assert "<soon_gone>" not in linecache.cache
    assert "soon_gone" not in warp_context.user_modules


GROWTH = """
import os, sys
sys.path[:0] = sys.argv[1:3]
from warpsmith.ir import capture, load
from ir_programs import PROGRAM
kept = []
def run(programs):
    for _ in range(programs):
        loaded = load(PROGRAM)
        capture(loaded.kernels["run"], ("cpp", "cuda"))
        loaded.unload() if sys.argv[3] == "unload" else kept.append(loaded)
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
print(-run(100) + run(200))
"""


def grown(what: str) -> float:
    """Megabytes by which a fresh process's memory grows over 200 programs, after 100 to warm up."""
    here = Path(__file__)
    arguments = [sys.executable, "-c", GROWTH, str(here.parents[2]), str(here.parent), what]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
    return float(done.stdout.splitlines()[-1])


# Not the peak that getrusage reports: on Linux a process inherits the peak of the one that started it.
needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory use from /proc")


@needs_proc
def test_memory_stays_flat_over_unloaded_programs() -> None:
    assert grown("unload") < 4


@needs_proc
def test_programs_that_stay_loaded_would_be_seen() -> None:
    assert grown("keep") > 8
