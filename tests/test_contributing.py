"""CONTRIBUTING's worked examples, made in a copy of the tree and run there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from warpsmith.grammar.production import Production

ROOT = Path(__file__).resolve().parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
ROOMS = tuple(path.name for path in (ROOT / "warpsmith").iterdir() if (ROOT / path.name).is_dir())
COPIED = (*ROOMS, "warpsmith", "warpsmith.py", "warpsmith_errors.py")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"# ((?:\w+/)+\w+\.py)\n")


def section(title: str) -> list[tuple[str, str]]:
    """Language and text of the code blocks under a heading, in order."""
    (found,) = [part for part in CONTRIBUTING.split("\n## ") if part.startswith(f"{title}\n")]
    return _BLOCK.findall(found)


def changed(text: str, diff: str) -> str:
    """The text after a change whose lines it holds in exactly one place."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"CONTRIBUTING changes lines that are not there:\n{before}"
    return text.replace(before, after)


def follow(blocks: list[tuple[str, str]], tree: Path) -> str:
    """Makes the edits in the tree and runs the scripts, in order; what they print."""
    printed = ""
    for language, text in blocks:
        if language == "diff":
            header, _, diff = text.partition("\n")
            path = tree / header.removeprefix("+++ ")
            path.write_text(changed(path.read_text(), diff))
        elif (new := _PATH.match(text)) is not None:
            path = tree / new[1]
            assert not path.exists()
            path.write_text(text.removeprefix(new[0]))
        else:
            # Safe path: neither the folder of this test nor an installed warpsmith may stand in for the copy.
            run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tree)!r})\nexec({text!r})"]
            done = subprocess.run(run, cwd=tree, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stderr
            printed += done.stdout
    return printed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("title", "languages"),
    [("Adding an expression", ["diff", "python"]), ("Adding a statement", ["python", "diff", "diff", "python"])],
)
def test_a_worked_example_works(title: str, languages: list[str], tree: Path) -> None:
    blocks = section(title)
    assert [language for language, _ in blocks] == languages
    assert "@wp.kernel" in follow(blocks, tree)


@pytest.mark.parametrize("title", ["Adding an expression", "Adding a statement"])
def test_a_worked_example_fails_without_its_edits(title: str, tree: Path) -> None:
    scripts = [(language, text) for language, text in section(title) if language == "python" and not _PATH.match(text)]
    with pytest.raises(AssertionError, match=r"StopIteration"):
        follow(scripts, tree)


def test_an_edit_of_lines_that_are_gone_is_noticed() -> None:
    with pytest.raises(AssertionError, match=r"not there"):
        changed("a\nb\n", " a\n+c\n d\n")
    assert changed("a\nb\n", " a\n+c\n b\n") == "a\nc\nb\n"


def test_the_new_production_means_what_warp_computes(tree: Path) -> None:
    follow(section("Adding an expression")[:1], tree)
    script = """
import warp as wp, numpy as np
from warpsmith.grammar.grammar import default_grammar
new = [p for p in default_grammar().productions if p.name.startswith("norm_") and "(vec3f, float32)" in p.name]
assert len(new) == 2
for p in new:
    for delta in (0.125, 1.0, 8.0):
        meant = p.evaluate(np.float32([1, -2, 3]), np.float32(delta))
        computed = getattr(wp, p.builtin)(wp.vec3f(1.0, -2.0, 3.0), wp.float32(delta))
        assert np.isclose(meant, computed), (p.name, delta, meant, computed)
"""
    follow([("python", script)], tree)


def commands(text: str) -> set[str]:
    """Targets of make that a document names."""
    return set(re.findall(r"\bmake (\.?[a-z]+)\b", "\n".join(re.findall(r"`[^`]+`|^```.*?^```", text, re.M | re.S))))


def test_every_path_and_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert {".venv", "check", "test", "proofs", "bench"} <= commands(CONTRIBUTING)
    for target in commands(CONTRIBUTING):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
    prose = _BLOCK.sub("", CONTRIBUTING)
    for path in re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+)?|\w+\.(?:py|md))`", prose):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"-m (tests[\w.]+)", prose):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_the_import_table_is_the_one_that_is_held() -> None:
    from test_house import MAY_IMPORT

    rows = dict(re.findall(r"^  \| `(\w+)/` \| (.*) \|$", CONTRIBUTING, re.MULTILINE))
    rooms = {room for room in MAY_IMPORT if (ROOT / room / "__init__.py").exists()}
    assert rows.keys() == rooms
    for room, allowed in rows.items():
        assert set(re.findall(r"`(\w+)`", allowed)) == MAY_IMPORT[room] & rooms


def test_the_fields_of_a_production_that_are_named_are_there() -> None:
    named = {"spelling", "evaluate", "requires"}
    assert named <= set(Production.__dataclass_fields__)
    assert all(f"{name}=" in CONTRIBUTING for name in named)
