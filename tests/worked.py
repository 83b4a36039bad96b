"""Worked examples in Markdown: edits of the tree and scripts that use them, made and run in a copy of it.

A block of ``diff`` begins with ``+++ PATH`` and changes lines of that file. A block of ``python`` that begins with the
comment ``# PATH`` is a new file; others are scripts, and are run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = tuple(path.name for path in (ROOT / "warpsmith").iterdir() if (ROOT / path.name).is_dir())
COPIED = (*ROOMS, "warpsmith", "warpsmith.py", "warpsmith_errors.py")
"""What a copy of the tree has: all that is installed."""
Block = tuple[str, str]
"""A language and a text."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"# ((?:\w+/)+\w+\.py)\n")


def blocks(markdown: str) -> list[Block]:
    """The code blocks of a text, in order."""
    return _BLOCK.findall(markdown)


def prose(markdown: str) -> str:
    """The text without its code blocks."""
    return _BLOCK.sub("", markdown)


def copy_tree(to: Path) -> Path:
    """Copies what is installed into a folder, and returns the folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to)
    return to


def is_script(block: Block) -> bool:
    """Whether the block is to be run."""
    language, text = block
    return language == "python" and not _PATH.match(text)


def changed(text: str, diff: str) -> str:
    """The text after a change whose lines it holds in exactly one place."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"the example changes lines that are not there:\n{before}"
    return text.replace(before, after)


def follow(some: list[Block], tree: Path) -> str:
    """Makes the edits in the tree and runs the scripts, in order; returns what these print."""
    return "".join(
        run(text, tree) if is_script((language, text)) else _edit(language, text, tree) for language, text in some
    )


def _edit(language: str, text: str, tree: Path) -> str:
    if language == "diff":
        header, _, diff = text.partition("\n")
        path = tree / header.removeprefix("+++ ")
        path.write_text(changed(path.read_text(), diff))
    elif (new := _PATH.match(text)) is not None:
        path = tree / new[1]
        assert not path.exists(), f"{new[1]} is there already"
        path.write_text(text.removeprefix(new[0]))
    return ""


def run(script: str, tree: Path) -> str:
    """Runs a script in the tree and returns what it prints; an assertion says what it printed where it fails."""
    # Safe path: neither the folder of this test nor an installed warpsmith may stand in for the copy.
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tree)!r})\nexec({script!r})"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout
