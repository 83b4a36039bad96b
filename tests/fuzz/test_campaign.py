"""``warpsmith fuzz``: what it reports, what it keeps, and how it says that something is wrong with what was asked."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def fuzz(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "warpsmith.py"), "fuzz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT, **more)


def one_line(text: str) -> bool:
    return text.startswith("warpsmith: ") and text.count("\n") == 1 and text.endswith("\n")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """A small campaign, as JSON, and its folder."""
    out = tmp_path_factory.mktemp("fuzz") / "out"
    names = ("--oracle", "accepted", "--oracle", "forward", "--oracle", "gradient")
    done = fuzz("--examples", 4, "--seed", 1, *names, "--jobs", 1, "--shrink-seconds", 5, "--out", out, "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout), out


def test_the_report_has_what_is_promised(campaign: tuple[dict[str, Any], Path]) -> None:
    report, _ = campaign
    assert report["programs"] == 4
    assert report["seconds"] > 0
    assert set(report["verdicts"]) == {"agree", "disagree", "inconclusive"}
    assert report["oracles"]["accepted"] == {"agree": 4}
    assert report["oracles"]["forward"]["agree"] > 0
    for finding in report["findings"]:
        assert {"bucket", "oracle", "known", "lines", "reproducer"} <= set(finding)


def test_a_campaign_leaves_its_report_in_its_folder(campaign: tuple[dict[str, Any], Path]) -> None:
    report, out = campaign
    kept = json.loads((out / "campaign.json").read_text())
    assert kept["verdicts"] == report["verdicts"]
    for finding in report["findings"]:
        assert (out / finding["reproducer"]).is_file()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = fuzz("--examples", 1, "--out", tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert "in use" in done.stderr


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    done = fuzz("--examples", 1, "--out", tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--python", "/nowhere/python"), "does not run"),
        (("--python", "/bin/cat"), "cannot run programs"),
        (("--python", "/nowhere/python", "--oracle", "cuda"), "/nowhere/python"),
        (("--examples", "0"), "--examples"),
        (("--seconds", "0"), "--seconds"),
        (("--oracle", "delphi"), "delphi"),
        (("--family", "nobody"), "nobody"),
    ],
)
def test_wrong_use_gives_one_line_and_code_2(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = fuzz(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert said in done.stderr
    assert not (tmp_path / "out").exists()
