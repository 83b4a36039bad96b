"""The wheel holds the rooms below one name and nothing else, and works beside folders of the rooms' names."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

import warpsmith

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text()
ROOMS = sorted(path.name for path in (ROOT / "warpsmith").iterdir() if path.is_dir() and path.name != "__pycache__")
HOSTILE = ("corpus", "grammar", "ir", "fuzz", "fem", "synthesizer", "bench", "command")
BUILT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "out", "*.egg-info")


def python_files(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.endswith(".py"))


def sources() -> list[str]:
    """Every Python file of the rooms' packages, below the one name, and the face; findings are no modules."""
    files = (p for room in ROOMS for p in (ROOT / room).rglob("*.py") if (p.parent / "__init__.py").exists())
    inside = ["__init__.py", "__main__.py", "errors.py", *(p.relative_to(ROOT).as_posix() for p in files)]
    return sorted(f"warpsmith/{name}" for name in inside)


def build(what: str, tree: Path, target: Path) -> None:
    """Build a wheel or a source distribution of a tree, without the network."""
    script = f"import setuptools.build_meta as b\nb.build_{what}({str(target)!r})"
    done = subprocess.run([sys.executable, "-c", script], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and a source distribution, built without the network from a copy of the tree."""
    folder = tmp_path_factory.mktemp("packaging")
    shutil.copytree(ROOT, folder / "tree", ignore=BUILT, symlinks=True)
    for what in ("wheel", "sdist"):
        build(what, folder / "tree", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def contents(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel; that each is there once is asserted."""
    with zipfile.ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
        assert len(found) == len(archive.namelist())
    return found


def test_the_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    assert {"grammar", "synthesizer", "ir", "corpus", "fuzz", "fem"} <= set(ROOMS)
    names = contents(wheel)
    info = f"warpsmith-{warpsmith.__version__}.dist-info/"
    assets = (f"warpsmith/corpus/page/page.{kind}" for kind in ("css", "html", "js"))
    tables = (
        "warpsmith/grammar/costs.csv",
        "warpsmith/synthesizer/profiling/people.json.gz",
        "warpsmith/corpus/wheel.parquet",
    )
    data = (*assets, *tables, "warpsmith/py.typed")
    assert sorted(n for n in names if not n.startswith(info)) == sorted([*sources(), *data])
    assert f"{info}licenses/LICENSE" in names


def test_the_source_distribution_holds_the_rooms_and_no_tests(built: Path) -> None:
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = [member.name.partition("/")[2] for member in archive if member.isfile()]
    assert python_files(names) == sources()
    assert {"LICENSE", "README.md", "pyproject.toml"} <= set(names)


def test_the_source_distribution_builds_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    (found,) = built.glob("*.tar.gz")
    shutil.unpack_archive(found, tmp_path)
    build("wheel", tmp_path / found.name.removesuffix(".tar.gz"), tmp_path)
    assert contents(tmp_path / wheel.name) == contents(wheel)


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, beside what it depends on; nothing is downloaded, no checkout is seen."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    venv.create(folder, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "--quiet")
    install = ("install", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", wheel)
    subprocess.run([*pip, *install], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    assert {path.name for path in site.iterdir()} == {"warpsmith", f"warpsmith-{warpsmith.__version__}.dist-info"}
    # Paths that a .pth file names are searched last, and .pth files in there, such as an editable one's, are not read.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's folder, with packages of their own that have the rooms' names and must not be imported."""
    folder = tmp_path_factory.mktemp("project")
    for name in HOSTILE:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('{name} is the project\\'s own')\n")
    return folder


def run(project: Path, *command: str | Path) -> str:
    """What a command prints that is called from the project."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


EVERY_NAME = """
import sys, warpsmith
assert sys.path[0] == "", sys.path
assert warpsmith.__file__.startswith(sys.argv[1]), warpsmith.__file__
for name in warpsmith.__all__:
    getattr(warpsmith, name)
"""


def test_every_public_name_is_imported_beside_folders_of_the_rooms_names(fresh: Path, project: Path) -> None:
    run(project, fresh / "bin" / "python", "-c", EVERY_NAME, fresh)


def test_those_folders_would_be_imported_by_rooms_at_the_top(fresh: Path, project: Path) -> None:
    with pytest.raises(AssertionError, match="corpus is the project's own"):
        run(project, fresh / "bin" / "python", "-c", "import corpus")


def test_the_command_works_beside_folders_of_the_rooms_names(fresh: Path, project: Path) -> None:
    command = fresh / "bin" / "warpsmith"
    assert "generate" in run(project, command, "--help")
    assert warpsmith.__version__ in run(project, command, "--version")
    assert "registry: " in run(project, command, "grammar")
    assert "==> cuda forward <==" in run(project, command, "show", "1", "--level", "cuda")
    options = ("--seed", "1", "--count", "1", "--levels", "cuda", "--check", "execute", "--jobs", "1", "--out", "out")
    run(project, command, "generate", *options)
    funnel = json.loads(run(project, command, "stats", "out", "--json"))["funnel"]
    assert funnel["executed"] == funnel["seeds"] == 1


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
