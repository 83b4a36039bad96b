"""Fits a profile to kernels that people wrote. Their files are parsed; nothing is imported or run."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from warpsmith.errors import UsageError
from warpsmith.grammar.profile import Profile
from warpsmith.synthesizer.check import deep
from warpsmith.synthesizer.checker import files
from warpsmith.synthesizer.checker.project import Project
from warpsmith.synthesizer.profiling.count import count
from warpsmith.synthesizer.profiling.definitions import comment_lines
from warpsmith.synthesizer.profiling.idioms import Idioms
from warpsmith.synthesizer.profiling.kinds import FunctionForm
from warpsmith.synthesizer.profiling.read import Reader
from warpsmith.synthesizer.profiling.smoothing import concentrations, novelty
from warpsmith.synthesizer.profiling.tally import Tally, fitted
from warpsmith.synthesizer.profiling.typed import Recording, typed


@dataclass(frozen=True)
class Learned:
    """A profile, and what it was fitted to.

    Attributes:
        profile: the figures.
        functions: how many kernels and functions were read.
        files: how many files had any.
        faulty: files that cannot be read, with the reason.
        refused: a line about each kernel or function that is ill typed, which was passed over.
        passed_over: how many statements were passed over, by reason.
    """

    profile: Profile
    functions: int
    files: int
    faulty: tuple[str, ...]
    refused: tuple[str, ...]
    passed_over: dict[str, int]


def wheel() -> Path:
    """The folder of the installed Warp."""
    found = importlib.util.find_spec("warp")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def examples() -> Path:
    """The folder of the examples that the installed Warp brings."""
    return wheel() / "examples"


def located(text: str) -> Path:
    """The folder that a text means: ``warp`` Warp's examples, ``wheel`` all of it, otherwise a path."""
    return {"warp": examples, "wheel": wheel}.get(text, lambda: Path(text))()


def learn(paths: Iterable[Path]) -> Learned:
    """The profile of the kernels in files and folders.

    Raises:
        UsageError: a path does not exist, or there is no kernel in any that could be learned from.
    """
    asked = list(paths)
    for path in asked:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
    reading = _Reading(Project(tuple(p.resolve() for p in asked if p.is_dir())))
    deep(lambda: reading.read(asked))
    if not reading.functions:
        raise UsageError(f"no kernels or functions of Warp in {', '.join(map(str, asked))}{reading.blamed()}")
    idioms = Idioms(reading.functions)
    groups = reading.groups if len(reading.groups) > 1 else [[f] for f in reading.functions]
    tallies = [Tally() for _ in groups]
    for group, tally in zip(groups, tallies, strict=True):
        for function in group:
            count(function, idioms, tally)
    return Learned(
        fitted(tallies, idioms.found, concentrations([t.events for t in tallies]), novelty(groups)),
        len(reading.functions),
        reading.files,
        tuple(reading.faulty),
        tuple(reading.refused),
        dict(reading.reasons.most_common()),
    )


class _Reading:
    """What was read of the files so far."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.groups: list[list[FunctionForm]] = []
        self.files = 0
        self.faulty: list[str] = []
        self.refused: list[str] = []
        self.reasons: Counter[str] = Counter()

    @property
    def functions(self) -> list[FunctionForm]:
        """Those of all files."""
        return [f for group in self.groups for f in group]

    def read(self, paths: Iterable[Path]) -> None:
        """Reads files, and those in folders."""
        for path in paths:
            for file in files.python_files(path) if path.is_dir() else [path]:
                self._file(file)

    def _file(self, path: Path) -> None:
        """Reads the kernels and functions of one file."""
        try:
            data = files.read(path)
            if not files.may_hold_kernels(data):
                files.compiles(data)
                return
            found, refused = typed(path, data, Recording(self.project))
        except files.NotPython as error:
            self.faulty.append(f"{path}:{error.line}: no valid Python: {error}")
            return
        except (files.Unreadable, OSError) as error:
            self.faulty.append(f"{path}: not read: {error}")
            return
        self.refused += refused
        self.files += bool(found)
        kinds = ("kernel" if one.function.is_kernel else "func" for one in found)
        if found:
            above = comment_lines(data)
            readers = (Reader(one, kind, self.reasons, above) for one, kind in zip(found, kinds, strict=True))
            self.groups.append([reader.read() for reader in readers])

    def blamed(self) -> str:
        """What was wrong with that which there was, and the first of it."""
        parts = []
        if self.faulty:
            parts.append(f"{len(self.faulty)} files cannot be read: {self.faulty[0]}")
        if self.refused:
            parts.append(f"{len(self.refused)} are ill typed: {self.refused[0]}")
        return "".join(f"; {part}" for part in parts)
