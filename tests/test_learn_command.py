"""``warpsmith learn``, and the commands that draw with what it learned, as processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.forked import run
from tests.test_command import one_line
from warpsmith.synthesizer.learn import examples
from warpsmith.synthesizer.profiling.kept import SHIPPED, shipped

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = examples() / "core" / "example_fluid.py"
PEOPLE = ROOT / "tests" / "synthesizer" / "people"


def test_a_learned_profile_is_drawn_with(tmp_path: Path) -> None:
    kept = tmp_path / "profile.json"
    report = json.loads(run("learn", PEOPLE, "--out", kept, "--json").stdout)
    assert report["functions"] == 5
    assert report["faulty"] == report["refused"] == []
    shown = run("show", "3", "--profile", kept)
    assert shown.returncode == 0
    assert shown.stdout == run("show", "3", "--like", PEOPLE).stdout
    assert shown.stdout != run("show", "3").stdout


def test_a_corpus_like_peoples_kernels_is_made_compared_and_verified(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    made = run("generate", "--count", "8", "--out", out, "--levels", "cpp", "--jobs", "1", "--like", PEOPLE)
    assert made.returncode == 0, made.stderr
    found = json.loads(run("stats", out, "--against", PEOPLE, "--json").stdout)
    assert 0 < found["bits_per_token"] < 10
    lacking = json.loads(run("stats", out, "--against", PEOPLE, "--missing", "--json").stdout)
    assert lacking["functions"]["theirs"] == 5
    assert all(row["example"].startswith(str(PEOPLE)) and row["share"] >= 0.2 for row in lacking["missing"])
    assert "In 5 functions of theirs" in run("stats", out, "--against", PEOPLE, "--missing").stdout
    assert run("stats", out, "--missing").returncode == 2
    assert run("verify", out, "--sample", "3", "--like", PEOPLE).returncode == 0
    assert run("verify", out, "--sample", "3").returncode == 2


def test_a_profile_of_figures_has_no_idioms_and_may_be_compressed(tmp_path: Path) -> None:
    whole, figures = tmp_path / "whole.json", tmp_path / "figures.json.gz"
    report = json.loads(run("learn", PEOPLE, EXAMPLE, "--out", whole, "--json").stdout)
    less = json.loads(run("learn", PEOPLE, EXAMPLE, "--out", figures, "--figures", "--json").stdout)
    assert report["idioms"] > 0
    assert less["idioms"] == 0
    assert "idiom" in whole.read_text()
    assert run("show", "3", "--profile", figures).returncode == 0


def test_the_shipped_profile_holds_figures_and_is_drawn_with() -> None:
    assert shipped().idioms == {}
    assert SHIPPED.stat().st_size < 1 << 20
    shown = run("show", "3", "--profile", "people")
    assert shown.returncode == 0
    assert shown.stdout == run("show", "3").stdout
    assert shown.stdout != run("show", "3", "--profile", "uniform").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("learn", "EMPTY", "--out", "x.json"),
        ("show", "3", "--like", "EMPTY"),
        ("show", "3", "--profile", "missing.json"),
        ("show", "3", "--profile", "missing.json", "--like", "EMPTY"),
        ("show", "3", "--family", "fem", "--like", "EMPTY"),
    ],
)
def test_wrong_use_gives_one_line_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*(str(tmp_path) if a == "EMPTY" else a for a in arguments), cwd=tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert not (tmp_path / "x.json").exists()
