"""The tree passes ``make lint``, for the oldest Python that is supported; hooks, the lock file and CI are in order."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
LINTERS = re.findall(r"^\t\$\(BIN\)/((?:ruff|mypy) .*)$", MAKEFILE, re.MULTILINE)
CONFIG = str(ROOT / "pyproject.toml")
LOCKED = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_linters_are_the_three() -> None:
    assert LINTERS == ["ruff format --check", "ruff check", "mypy --strict"]


@pytest.mark.parametrize("linter", LINTERS)
def test_the_tree_passes(linter: str) -> None:
    done = lint(*linter.split())
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("try:\n    print()\nexcept* OSError:\n    pass\n", "on Python 3.10"),
        ("from warp._src import context\n\nprint(context)\n", "TID251"),
    ],
)
def test_newer_syntax_and_private_parts_are_noticed(tmp_path: Path, code: str, complaint: str) -> None:
    (tmp_path / "planted.py").write_text(code)
    done = lint("ruff", "check", "--no-cache", "--config", CONFIG, str(tmp_path / "planted.py"))
    assert done.returncode == 1
    assert complaint in done.stdout


def test_newer_libraries_and_missing_types_are_noticed(tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text("import tomllib\nfrom enum import StrEnum\ndef f(x):\n    return x\n")
    done = lint("mypy", "--strict", "--config-file", CONFIG, "--cache-dir", str(tmp_path / "cache"), str(file))
    complaints = ("planted.py:1: error", 'no attribute "StrEnum"', "missing a type annotation")
    assert [said for said in complaints if said not in done.stdout] == []


def test_hooks_run_the_same_linters() -> None:
    hooks = re.findall(r"entry: \.venv/bin/(.*)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert [hook.removesuffix(" --force-exclude") for hook in hooks] == ["ruff format", "ruff check", "mypy --strict"]


def test_the_lock_file_has_a_version_of_every_dependency_and_nothing_else() -> None:
    assert [line for line in LOCKED if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)] == []
    wanted = {normal(re.split(r"[^\w.-]", line)[0]) for line in metadata.requires("warpsmith") or ()} - {"warpsmith"}
    assert "warp-lang" in wanted
    # pip freeze leaves out what builds packages; the tests do without the extras of many dependencies.
    assert wanted - {normal(line.partition("==")[0]) for line in LOCKED} <= {"setuptools", "verifiers", "inspect-ai"}


def test_continuous_integration_tests_what_is_locked() -> None:
    assert "\nmake test LOCK=requirements.lock\n" in (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^test: .*\n\t.*pytest", MAKEFILE, re.MULTILINE)


def test_the_quick_tests_are_there() -> None:
    (quick,) = re.findall(r"^QUICK := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert all((ROOT / path).exists() for path in quick.replace("\\\n", " ").split())
