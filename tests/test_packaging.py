"""The wheel holds the rooms and nothing else, and works where there is no checkout."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

import warpsmith

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text()
ROOMS = sorted(path.name for path in (ROOT / "warpsmith").iterdir() if path.is_dir() and path.name != "__pycache__")
BUILT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "out", "*.egg-info")


def python_files(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.endswith(".py"))


def sources() -> list[str]:
    """Every Python file of the rooms' packages, below the one name, and the face; findings are no modules."""
    files = (p for room in ROOMS for p in (ROOT / room).rglob("*.py") if (p.parent / "__init__.py").exists())
    inside = ["__init__.py", "__main__.py", "errors.py", *(p.relative_to(ROOT).as_posix() for p in files)]
    return sorted(f"warpsmith/{name}" for name in inside)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and a source distribution, built without the network from a copy of the tree."""
    folder = tmp_path_factory.mktemp("packaging")
    shutil.copytree(ROOT, folder / "tree", ignore=BUILT, symlinks=True)
    script = "import setuptools.build_meta as b\nb.build_wheel('..')\nb.build_sdist('..')"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder / "tree", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_the_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    assert {"grammar", "synthesizer", "ir", "corpus", "fuzz", "fem"} <= set(ROOMS)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    info = f"warpsmith-{warpsmith.__version__}.dist-info/"
    assert sorted(n for n in names if not n.startswith(info)) == sources()
    assert f"{info}licenses/LICENSE" in names


def test_the_source_distribution_holds_the_rooms_and_no_tests(built: Path) -> None:
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = [member.name.partition("/")[2] for member in archive if member.isfile()]
    assert python_files(names) == sources()
    assert {"LICENSE", "README.md", "pyproject.toml"} <= set(names)


def test_the_wheel_works_where_there_is_no_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    script = (
        "import importlib.metadata as m, sys, warpsmith\n"
        "assert warpsmith.__file__.startswith(sys.argv.pop(1)), warpsmith.__file__\n"
        "(entry,) = m.distribution('warpsmith').entry_points.select(group='console_scripts', name='warpsmith')\n"
        "entry.load()()"
    )
    # PYTHONPATH comes before what the environment has installed, an editable warpsmith for instance.
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    for argument, expected in (("--help", "generate"), ("--version", warpsmith.__version__), ("grammar", "registry: ")):
        run = [sys.executable, "-c", script, str(tmp_path / "site"), argument]
        done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout


def test_the_console_script_that_is_installed_works() -> None:
    script = Path(sys.executable).with_name("warpsmith")
    done = subprocess.run([script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(warpsmith.cli.commands) <= set(re.findall(r"^  (\w+)", done.stdout, re.MULTILINE))


def test_versions_are_equal(wheel: Path) -> None:
    (declared,) = re.findall(r'^version = "(.*)"$', PYPROJECT, re.MULTILINE)
    assert wheel.name == f"warpsmith-{declared}-py3-none-any.whl"
    assert declared == warpsmith.__version__ == importlib.metadata.version("warpsmith")


def test_every_room_is_installed_below_the_one_name() -> None:
    rooms = {path.parent.name for path in ROOT.glob("[a-z]*/__init__.py")} - {"tests", "warpsmith"}
    assert rooms == set(ROOMS)
    for room in ROOMS:
        assert (ROOT / "warpsmith" / room).readlink() == Path("..") / room
