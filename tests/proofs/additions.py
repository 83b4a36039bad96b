"""What has to be touched to add something: small worked edits, made in a copy of the tree and run there.

The edits are the files ``tests/proofs/worked/*.md``, in the form of :mod:`tests.worked`. Each ends with scripts that
fail unless the addition is seen wherever it has to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.worked import Block, blocks, copy_tree, follow, is_script, run

FOLDER = Path(__file__).resolve().parent / "worked"


@dataclass(frozen=True)
class Goal:
    """How much an addition may touch.

    Attributes:
        files: new files and edited ones together.
        edited: files that were there before.
        lines: lines that are new or changed in each of those; ``None`` for any number.
    """

    files: int
    edited: int
    lines: int | None = None


GOALS = {
    "builtin": Goal(1, 1),
    "spelling": Goal(1, 1),
    "statement": Goal(4, 3),
    "oracle": Goal(2, 1, lines=2),  # its file, and in the list of oracles an import and a row
    "defect": Goal(1, 1),
}
"""By the name of the addition."""


@dataclass(frozen=True)
class Touched:
    """What an addition touched.

    Attributes:
        new: files that were not there before.
        edited: lines that are new or changed, by the files that were there.
    """

    new: tuple[str, ...]
    edited: dict[str, int]

    @property
    def files(self) -> int:
        """How many files, new and old."""
        return len(self.new) + len(self.edited)

    def meets(self, goal: Goal) -> bool:
        """Whether it is no more than the goal allows."""
        few = goal.lines is None or all(lines <= goal.lines for lines in self.edited.values())
        return self.files <= goal.files and len(self.edited) <= goal.edited and few


def example(name: str) -> list[Block]:
    """The blocks of an addition."""
    return blocks((FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def touched(some: list[Block]) -> Touched:
    """Makes the edits in a copy of the tree, runs the scripts there, and compares the tree with what it was.

    Raises:
        AssertionError: an edit does not fit the tree, or a script does not see the addition.
    """
    with TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder))
        before = _contents(tree)
        follow(some, tree)
        return _difference(before, _contents(tree))


def is_seen_without_edits(some: list[Block]) -> bool:
    """Whether the scripts pass in the tree as it is: then they prove nothing."""
    with TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder))
        try:
            for _, script in filter(is_script, some):
                run(script, tree)
        except AssertionError:
            return False
        return True


def _contents(tree: Path) -> dict[str, list[str]]:
    """The lines of every file, by path; ``warpsmith/`` holds links to the rooms and to modules beside them."""
    return {
        path.relative_to(tree).as_posix(): path.read_text(encoding="utf-8").splitlines()
        for path in sorted(tree.rglob("*.py"))
        if path.parts[len(tree.parts)] != "warpsmith"
    }


def _difference(before: dict[str, list[str]], after: dict[str, list[str]]) -> Touched:
    new = tuple(path for path in after if path not in before)
    edited = {path: _changed_lines(before[path], after[path]) for path in before if after.get(path) != before[path]}
    return Touched(new, edited)


def _changed_lines(before: list[str], after: list[str]) -> int:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")
