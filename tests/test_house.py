"""The house holds: who may import whom, and who may touch Warp's private parts."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import warpsmith

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "grammar": set(),
    "synthesizer": {"grammar"},
    "ir": set(),
    "fem": {"ir", "synthesizer", "grammar"},
    "fuzz": {"ir", "synthesizer", "grammar"},
    "corpus": {"fuzz", "ir", "synthesizer", "grammar"},
    "tasks": {"fuzz", "ir", "synthesizer", "grammar"},
    "bench": {"corpus", "fuzz", "ir", "synthesizer", "grammar"},
    "command": {"bench", "tasks", "corpus", "fuzz", "fem", "ir", "synthesizer", "grammar", "warpsmith"},
}
"""The table of the house. Everybody may import ``warpsmith.errors`` besides; the face alone imports commands."""
TOUCH_PRIVATE_PARTS = ("grammar/registry.py", "ir/backend/")
OURS = {*MAY_IMPORT, "warpsmith", "tests"}
"""Rooms, the face, and what no room may import."""


def modules() -> list[Path]:
    rooms = [path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py")]
    return sorted([*rooms, ROOT / "warpsmith.py", ROOT / "warpsmith_errors.py"])


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports, at any depth of nesting."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def trespasses(room: str, tree: ast.AST) -> set[str]:
    """Rooms of ours that a module of ``room`` imports and may not."""
    return ({room_of(name) for name in imported(tree)} & OURS) - MAY_IMPORT.get(room, OURS) - {room}


def room_of(name: str) -> str:
    """The room that an imported name is in; ``warpsmith`` for what the face alone has."""
    first, _, rest = name.partition(".")
    if first != "warpsmith":
        return first
    room = rest.partition(".")[0]
    return room if room in MAY_IMPORT or room == "errors" else "warpsmith"


APART = ({"fem/poisson", "fem/integrands"},)
"""Folders of one room that know nothing of each other."""


def strays(path: str, tree: ast.AST) -> set[str]:
    """What a module imports from a folder that its own folder is to know nothing of."""
    folder = path.rpartition("/")[0]
    others = {other for group in APART if folder in group for other in group - {folder}}
    names = {name.removeprefix("warpsmith.").replace(".", "/") for name in imported(tree)}
    return {name for name in names for other in others if f"{name}/".startswith(f"{other}/")}


def touches_private_parts(tree: ast.AST) -> bool:
    attribute = any(isinstance(node, ast.Attribute) and node.attr == "_src" for node in ast.walk(tree))
    return attribute or any(name.startswith("warp._src") for name in imported(tree))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_keeps_to_the_house(path: Path) -> None:
    name, tree = path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes())
    if name == "warpsmith_errors.py":
        assert set(imported(tree)) == {"__future__.annotations"}
    elif name != "warpsmith.py":
        assert trespasses(name.partition("/")[0], tree) == set()
        assert strays(name, tree) == set()
    assert name.startswith(TOUCH_PRIVATE_PARTS) or not touches_private_parts(tree)


@pytest.mark.parametrize(
    "text",
    [
        "import warpsmith.corpus.row",
        "from warpsmith.synthesizer import check",
        "def f():\n    from warpsmith.fuzz.oracle import Oracle",
        "import warpsmith",
        "from warpsmith import capture",
        "from warpsmith import fuzz",
    ],
)
def test_a_forbidden_import_is_noticed(text: str) -> None:
    assert trespasses("grammar", ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "import warpsmith.fem.integrands.mesh",
        "from warpsmith.fem import integrands",
        "def f():\n    from warpsmith.fem.integrands.mesh import Mesh",
    ],
)
def test_an_import_from_the_other_folder_of_finite_elements_is_noticed(text: str) -> None:
    assert strays("fem/poisson/solver.py", ast.parse(text))
    assert not strays("fem/integrands/draw.py", ast.parse(text))
    assert not strays("fuzz/plan.py", ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "import warp._src.context",
        "from warp._src import types",
        "from warp import _src",
        "import warp as wp\nwp._src.x",
    ],
)
def test_touching_private_parts_is_noticed(text: str) -> None:
    assert touches_private_parts(ast.parse(text))


@pytest.mark.parametrize("path", sorted((ROOT / "ir" / "runner").glob("*.py")), ids=lambda path: path.name)
def test_the_runner_stands_alone(path: Path) -> None:
    """Other interpreters run it, which have Python, NumPy and some Warp alone."""
    known = {*sys.stdlib_module_names, "numpy", "warp"}
    assert {name.partition(".")[0] for name in imported(ast.parse(path.read_bytes()))} <= known


def test_the_version_is_the_same_everywhere() -> None:
    (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert warpsmith.__version__ == version
