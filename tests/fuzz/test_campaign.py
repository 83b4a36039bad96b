"""``warpsmith fuzz``: what it reports, what it keeps, and how it says that something is wrong with what was asked."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from warpsmith.fuzz.campaign import Campaign, CampaignBudget
from warpsmith.fuzz.display import line, tables
from warpsmith.fuzz.worker import BatchReport, Disagreement, Plan
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.kernels import KERNELS

ROOT = Path(__file__).resolve().parent.parent.parent


def fuzz(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "warpsmith", "fuzz", *map(str, arguments)]
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
    assert all(isinstance(count, int) for count in report["known"].values())
    assert report["failures"] == []
    assert {"generate", "reference", "execute", "accepted", "forward", "gradient"} <= set(report["cpu_seconds"])
    (memory,) = report["memory_mib"]
    assert all(memory[who][when] > 0 for who in ("worker", "children") for when in ("first", "last", "most"))


def test_what_warp_prints_is_not_in_the_report(tmp_path: Path) -> None:
    """Seed 4 has a matrix; reading that makes ``warp.sparse`` load a module, which Warp says on the standard output."""
    done = fuzz("--family", "fem", "--examples", 1, "--seed", 4, "--jobs", 1, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["verdicts"]["agree"] > 0, done.stderr


def test_every_disagreement_is_in_the_report_with_its_fate(campaign: tuple[dict[str, Any], Path]) -> None:
    report, _ = campaign
    assert len(report["disagreements"]) == report["verdicts"]["disagree"]
    causes = {finding["bucket"] for finding in report["findings"]} | set(report["known"])
    for row in report["disagreements"]:
        assert row["seed"] in range(1, 5)
        assert row["oracle"] in report["oracles"]
        assert row["fate"] in ("known", "shrunk", "attributed", "waiting")
        assert row["fate"] == "waiting" or row["cause"] in causes


def test_a_campaign_leaves_its_report_in_its_folder(campaign: tuple[dict[str, Any], Path]) -> None:
    report, out = campaign
    kept = json.loads((out / "campaign.json").read_text())
    assert kept["verdicts"] == report["verdicts"]
    for finding in report["findings"]:
        assert (out / finding["reproducer"]).is_file()


def test_known_defects_are_counted_under_their_names(tmp_path: Path) -> None:
    known = Disagreement(
        7, Judgement("gradient", Verdict.DISAGREE, Stage.VALUE), "gradient/value: ", "remainder-gradient"
    )
    plan = Plan(KERNELS, ("gradient",), sys.executable, "", tmp_path)
    campaign = Campaign(plan, seed=0, budget=CampaignBudget(examples=1), jobs=1)
    campaign._count(BatchReport(1, Counter({("gradient", "disagree"): 1}), disagreements=[known]))
    report = campaign.statistics.as_json()
    assert report["known"] == {"remainder-gradient": 1}
    assert report["disagreements"] == [
        {
            "seed": 7,
            "oracle": "gradient",
            "stage": "value",
            "where": "",
            "fate": "known",
            "cause": "remainder-gradient",
        }
    ]
    assert "1 known" in line(campaign.statistics)
    assert any(table.title == "known" for table in tables(campaign.statistics))


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


def interpreter(folder: Path, *, packages: Path | None = None, isolated: bool = False) -> Path:
    """This interpreter, with other packages before its own, or without any."""
    path = folder / "python"
    options = " -S" if isolated else ""
    path.write_text(f'#!/bin/sh\nPYTHONPATH={packages or ""} exec {sys.executable}{options} "$@"\n')
    path.chmod(0o755)
    return path


def test_an_interpreter_without_warp_is_refused_in_one_line(tmp_path: Path) -> None:
    done = fuzz("--python", interpreter(tmp_path, isolated=True), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert "cannot run programs: ModuleNotFoundError: No module named" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("version", ["1.0.0", "1.4.2"])
def test_a_release_that_is_too_old_is_refused_in_one_line(version: str, tmp_path: Path) -> None:
    package = tmp_path / "packages" / "warp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from warp import config\n")
    (package / "config.py").write_text(f"version = {version!r}\n")
    done = fuzz("--python", interpreter(tmp_path, packages=package.parent), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert f"warp {version} is too old, 1.5 is the oldest that works" in done.stderr
    assert not (tmp_path / "out").exists()
