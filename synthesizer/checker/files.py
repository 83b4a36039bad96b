"""Files of other people, read with care: nothing in them is run, and none is so large or odd that it stops us."""

from __future__ import annotations

import ast
import os
import re
import stat
import sys
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LARGEST = 4 << 20
"""Bytes above which a file is not read: a tree takes some hundred times the memory of its text."""
_CANDIDATE = re.compile(rb"kernel|func|warp|\bwp\b|integrand")


class Unreadable(Exception):
    """A file that is not read, with the reason."""


class NotPython(Exception):
    """A file that does not parse, with line, column and reason."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.column, self.reason = line, column, reason


def read(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        Unreadable: it is none, or too large.
        OSError: it cannot be opened.
    """
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("no regular file")
    if found.st_size > LARGEST:
        raise Unreadable(f"larger than {LARGEST >> 20} MiB")
    return path.read_bytes()


def may_hold_kernels(data: bytes) -> bool:
    """Whether a text can define kernels; most files of a project cannot, and need not be parsed."""
    return _CANDIDATE.search(data) is not None


def parse(data: bytes) -> ast.Module:
    """The tree of a file.

    Raises:
        NotPython: it is no Python, or nested deeper than Python's own parser goes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        raise NotPython(error.lineno or 1, max(error.offset or 1, 1), error.msg or "invalid syntax") from None
    except (ValueError, LookupError) as error:  # null bytes; an encoding that is not known
        raise NotPython(1, 1, str(error)) from None
    except (RecursionError, MemoryError):
        raise NotPython(1, 1, "nested too deeply for Python's parser") from None


def compiles(data: bytes) -> None:
    """Raise what :func:`parse` raises; a text that is long and has no kernel is taken to be fine."""
    if len(data) < 1 << 16:
        parse(data)


def python_files(folder: Path) -> list[Path]:
    """Every Python file below a folder in sorted order; symbolic links to folders are not followed."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in ("__pycache__", ".git", ".hg", "node_modules"))
        found += [Path(root, name) for name in sorted(names) if name.endswith(".py")]
    return found


@dataclass(frozen=True)
class Package:
    """Where a file stands: the folder its top package is in, its dotted name, and whether it is a package itself."""

    root: Path
    name: str
    is_package: bool


def package_of(path: Path) -> Package:
    """The package that a file belongs to: folders with an ``__init__.py``, as pytest finds them."""
    root, parts = path.parent, [] if path.name == "__init__.py" else [path.stem]
    while _has_init(root) and root != root.parent:
        parts.insert(0, root.name)
        root = root.parent
    return Package(root, ".".join(parts), path.name == "__init__.py")


@cache
def _has_init(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def module_file(name: str, folders: tuple[Path, ...]) -> Path | None:
    """The source file of a module by its dotted name, looked for in folders and where packages are installed."""
    parts = name.split(".")
    for folder in (*folders, *_installed()):
        base = folder.joinpath(*parts)
        for candidate in (base / "__init__.py", base.with_name(base.name + ".py")):
            if _is_file(candidate):
                return candidate
    return None


@cache
def _is_file(path: Path) -> bool:
    return path.is_file()


@cache
def _installed() -> tuple[Path, ...]:
    return tuple(Path(p) for p in sys.path if p and os.path.isdir(p))
