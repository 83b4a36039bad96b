"""The independent type checker: what would Warp refuse in these files, where, and why.

It reads text and neither imports nor runs what it checks. It knows nothing of how a program was drawn, so it can vouch
for ours; and it takes other people's files, where it says of each kernel and function whether Warp accepts it, refuses
it, or what could not be known.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import libcst as cst

from warpsmith.synthesizer.checker import files
from warpsmith.synthesizer.checker.analysis import Analysis
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import Var
from warpsmith.synthesizer.checker.project import File, Project
from warpsmith.synthesizer.checker.rules import RULES, Diagnostic, FunctionVerdict, Report
from warpsmith.synthesizer.checker.statements import block
from warpsmith.synthesizer.checker.verdicts import diagnostics, verdicts

__all__ = [
    "RULES",
    "Diagnostic",
    "FunctionVerdict",
    "Place",
    "Report",
    "as_json",
    "check",
    "check_file",
    "check_paths",
    "exit_code",
    "lines",
    "summary",
    "typed_expressions",
]

_T = TypeVar("_T")
_DEPTH = 20_000
"""Frames of Python for one file: a tree is as deep as the longest chain of ``elif``."""
_STACK = 256 << 20
"""Bytes of stack for them; only what is used is taken."""


def check(module: cst.Module | str, *, path: str = "<program>") -> Report:
    """Type-check every kernel and function of a program of ours: a tree, or its text.

    Args:
        module: the tree; it may hold one node in several places.
        path: what diagnostics call it.
    """
    text = module if isinstance(module, str) else module.code
    try:
        tree = files.parse(text.encode())
    except files.NotPython as error:
        return _unparsed(path, error)
    return _report(
        File(Project(), tree, None, text), Analysis(Project()), path, None if text.isascii() else text.encode()
    )


def check_file(path: str | Path, analysis: Analysis | None = None) -> Report:
    """Type-check one Python file; one that does not parse gives one diagnostic.

    Args:
        path: the file.
        analysis: what is known of the project that the file belongs to; files that it imports are read once for it.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        data = files.read(Path(path))
        if not files.may_hold_kernels(data):
            files.compiles(data)
            return Report((), path=str(path))
        tree = files.parse(data)
    except files.Unreadable as error:
        return Report((), path=str(path), unread=str(error))
    except files.NotPython as error:
        return _unparsed(str(path), error)
    analysis = analysis or Analysis(Project())
    where = Path(path).resolve()
    file = analysis.project.files.get(where)
    if file is None:
        file = analysis.project.files[where] = File(analysis.project, tree, where, data.decode("utf-8", "replace"))
    return deep(lambda: _report(file, analysis, str(path), None if data.isascii() else data))


Place: TypeAlias = tuple[int, int, int, int]
"""Where an expression stands in an ASCII text: line and column of its start and of its end."""


class _ValueTypeRecorder(Body):
    """A walk that remembers the type of every expression it takes for a value."""

    seen: dict[Place, Any]

    def expression(self, node: Any) -> Any:
        """What an expression yields."""
        found = super().expression(node)
        if isinstance(found, Var):
            self.seen[node.lineno, node.col_offset, node.end_lineno, node.end_col_offset] = found.type
        return found


def typed_expressions(source: str) -> dict[Place, Any]:
    """The type of each expression in the text of a program of ours that is a value, but for generic functions."""
    analysis, file = Analysis(Project()), File(Project(), files.parse(source.encode()), None, source)
    seen: dict[Place, Any] = {}
    analysis.run(file)
    for function in file.functions:
        if not function.opaque and not function.generic:
            body = _ValueTypeRecorder(analysis, function, {name: Var(t) for name, t, _ in function.parameters})
            body.seen = seen
            block(body, function.node.body)
    return seen


def _report(file: File, analysis: Analysis, path: str, data: bytes | None) -> Report:
    analysis.run(file)
    lines = None if data is None else data.splitlines()
    found = diagnostics(file, path, lines)
    return Report(found, analysis.locals, path, len(file.functions), verdicts(file))


def _unparsed(path: str, error: files.NotPython) -> Report:
    return Report((Diagnostic(path, error.line, error.column, "syntax-error", error.reason),), path=path)


def deep(work: Callable[[], _T]) -> _T:
    """Run something that follows deep trees, on a stack that is large enough for them."""
    found: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001  # it is raised again below, on the caller's stack
            failed.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
    sys.setrecursionlimit(max(limit, _DEPTH))
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if failed:
        raise failed[0]
    return found[0]


# --- many files ------------------------------------------------------------------


def check_paths(paths: Iterable[str | Path], *, jobs: int = 1) -> list[Report]:
    """Type-check files, and every Python file in folders, in sorted order.

    A file that cannot be read, and one at which the checker itself fails, is told in its report; the next is read.

    Args:
        paths: files and folders.
        jobs: how many processes share the files.

    Raises:
        OSError: a path that is named does not exist.
    """
    named = [Path(p) for p in paths]
    found: dict[Path, None] = {}
    for path in named:
        path.stat()
        found.update(dict.fromkeys(files.python_files(path) if path.is_dir() else [path]))
    folders = tuple(dict.fromkeys(p.resolve() for p in named if p.is_dir()))
    every = list(found)
    if jobs <= 1 or len(every) < 2 * jobs:
        return _check_some(every, folders)
    # Neighbours share imports, so each process gets files that stand together.
    size = -(-len(every) // (jobs * 4))
    parts = [every[i : i + size] for i in range(0, len(every), size)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return [r for part in pool.map(_check_some, parts, [folders] * len(parts)) for r in part]


def _check_some(paths: Sequence[Path], folders: tuple[Path, ...]) -> list[Report]:
    analysis = Analysis(Project(folders))
    return deep(lambda: [_check_one(path, analysis) for path in paths])


def _check_one(path: Path, analysis: Analysis) -> Report:
    try:
        return check_file(path, analysis)
    except OSError as error:
        return Report((), path=str(path), unread=error.strerror or str(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours at one file must not cost the answers for all others
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Report((), path=str(path), crash=f"{type(error).__name__}: {error} ({where})")


# --- what is told ------------------------------------------------------------------


def summary(reports: Sequence[Report]) -> str:
    """How many kernels and functions there are, and what became of them, in one line."""
    counts = _counts(reports)
    reasons = Counter(v.reason for r in reports for v in r.verdicts if v.verdict == "unknown")
    line = (
        f"{counts['found']:,} kernels and functions: {counts['accepted']:,} accepted, {counts['refused']:,} refused, "
        f"{counts['unknown']:,} unknown"
    )
    if reasons:
        told = [f"{n:,} {reason}" for reason, n in reasons.most_common(3)]
        line += f" ({', '.join(told)}{', …' if len(reasons) > 3 else ''})"
    unread, crashed = sum(bool(r.unread) for r in reports), sum(bool(r.crash) for r in reports)
    line += f"; {unread:,} files not read" if unread else ""
    return line + (f"; the checker failed at {crashed:,} files, which is a bug of ours" if crashed else "")


def lines(reports: Sequence[Report]) -> list[str]:
    """What the command prints: diagnostics, what is unknown and why, files that were not read, and the summary."""
    told: list[str] = []
    for report in reports:
        told += map(str, report.diagnostics)
        for verdict in report.verdicts:
            line, column = verdict.where
            if verdict.verdict == "unknown":
                told.append(f"{report.path}:{line}:{column}: unknown: {verdict.name}: {verdict.reason}")
            elif verdict.reason:
                told.append(f"{report.path}:{verdict.line}:1: refused: {verdict.name}: {verdict.reason}")
        if report.unread:
            told.append(f"{report.path}: not read: {report.unread}")
        if report.crash:
            told.append(f"{report.path}: the checker failed here, which is a bug of ours: {report.crash}")
    return [*told, summary(reports)]


def _counts(reports: Sequence[Report]) -> dict[str, int]:
    found = Counter(v.verdict for r in reports for v in r.verdicts)
    return {"found": found.total(), **{k: found[k] for k in ("accepted", "refused", "unknown")}}


def exit_code(reports: Sequence[Report], *, strict: bool = False) -> int:
    """0 if Warp accepts what there is, 1 if it refuses any; ``strict`` makes what is not known count as refused."""
    counts = _counts(reports)
    faults = counts["refused"] or any(r.diagnostics or r.crash for r in reports)
    doubts = counts["unknown"] or any(r.unread for r in reports)
    return int(bool(faults or (strict and doubts)))


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """What ``--json`` prints: ``{files, functions, diagnostics, unknown, unread}``."""
    unknown = [
        {"path": r.path, "line": v.where[0], "column": v.where[1], "name": v.name, "reason": v.reason}
        for r in reports
        for v in r.verdicts
        if v.verdict == "unknown"
    ]
    unread = [
        {"path": r.path, "reason": r.unread or r.crash, "crash": bool(r.crash)} for r in reports if r.unread or r.crash
    ]
    return {
        "files": len(reports),
        "functions": _counts(reports),
        "diagnostics": [asdict(d) for r in reports for d in r.diagnostics],
        "unknown": unknown,
        "unread": unread,
    }
