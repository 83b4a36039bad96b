"""What ``generate`` cannot do: one clear line, exit code 2, nothing half-written. Clusters are in test_corpus_ray."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from making import contents

import warpsmith
from warpsmith.corpus.folder import signed

HERE = Path(__file__).parent
COMMAND = [sys.executable, str(HERE / "handwritten_command.py"), "generate"]
SMALL = ["--family", "handwritten", "--levels", "cpp", "--jobs", "1"]
READ_ONLY = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -o bind,ro "$0" "$0" && exec "$@"']
"""Runs a command for which a folder is on a disk that cannot be written, not even by root; no right is needed."""


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parent.parent}"}


def refused(*arguments: str | Path, before: list[str] = [], command: list[str] = COMMAND) -> str:  # noqa: B006
    """What a command says that must fail as wrong use does."""
    done = subprocess.run(
        [*before, *command, *map(str, arguments)], env=environment(), capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("warpsmith: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_second_process_on_one_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    first = subprocess.Popen(
        [*COMMAND, *SMALL, "--count", "3000", "--out", out], env=environment(), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (out / "units" / "lock").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert f"another process is making the corpus in {out}" in refused(*SMALL, "--count", 3000, "--out", out)
    assert f"another process is making the corpus in {out}" in refused(*SMALL, "--count", 4000, "--out", out)
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert "run the same command again to resume" in first.communicate(timeout=60)[1]
    assert json.loads((out / "corpus.json").read_text())["count"] == 3000


def _format(manifest: dict[str, object]) -> None:
    manifest["format"] = 2


def _warp(manifest: dict[str, object]) -> None:
    manifest["configuration"]["warp"] = "1.18.0"  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_format, "was made by another version of warpsmith: it has format 2, this one reads format 4"),
        (_warp, "warp 1.18.0 there, "),
    ],
)
def test_a_folder_of_another_version_is_refused_and_untouched(
    plain: Path, tmp_path: Path, change: Callable[[dict[str, object]], None], complaint: str
) -> None:
    out = Path(shutil.copytree(plain, tmp_path / "corpus"))
    manifest = json.loads((out / "corpus.json").read_text())
    change(manifest)
    (out / "corpus.json").write_text(signed(manifest))
    before = contents(out)
    assert complaint in refused("--family", "handwritten", "--levels", "cpp,cuda", "--count", 50, "--out", out)
    assert contents(out) == before


@pytest.mark.parametrize("part", ["0/3", "4/3", "1/99", "2", "one/two"])
def test_a_shard_that_there_is_not_is_refused_and_nothing_is_written(tmp_path: Path, part: str) -> None:
    said = refused(*SMALL, "--count", 100, "--shard", part, "--out", tmp_path / "corpus")
    assert {"1/99": "too few for 99 shards", "2": "is no shard", "one/two": "is no shard"}.get(
        part, "out of range"
    ) in said
    assert not list(tmp_path.iterdir())


def test_a_budget_that_nothing_fits_in_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "warpsmith", "generate"]
    said = refused("--count", 10, "--max-tokens", "ptx=10", "--out", tmp_path / "corpus", command=command)
    assert "--max-tokens ptx=10: " in said
    assert not list(tmp_path.iterdir())


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder that :data:`READ_ONLY` can make read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run([*READ_ONLY, folder, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a folder read-only")
    return folder


def test_a_read_only_disk_is_refused_and_untouched(plain: Path, disk: Path) -> None:
    said = refused(*SMALL, "--count", 10, "--out", disk / "corpus", before=[*READ_ONLY, str(disk)])
    assert f"cannot write to {disk / 'corpus'}: Read-only file system" in said
    assert not list(disk.iterdir())
    manifest = json.loads((plain / "corpus.json").read_text())
    manifest["configuration"]["warpsmith"] = warpsmith.__version__
    shutil.copytree(plain, disk / "corpus")
    (disk / "corpus" / "corpus.json").write_text(signed(manifest))
    before = contents(disk)
    larger = ["--levels", "cpp,cuda", "--seed", "5", "--skeleton-cap", "1000", "--count", "50"]
    said = refused(*SMALL, *larger, "--out", disk / "corpus", before=[*READ_ONLY, str(disk)])
    assert f"cannot write to {disk / 'corpus'}: Read-only file system" in said
    assert contents(disk) == before
