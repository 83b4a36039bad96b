"""The independent type checker: what would Warp refuse in this file, where, and why.

It reads libcst trees, and neither imports nor runs what it checks. It knows nothing of how a program was drawn, so it
can vouch for ours; and it takes other people's files, where what it cannot know it does not report.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from warpsmith.synthesizer.checker.analysis import Program
from warpsmith.synthesizer.checker.rules import RULES, Diagnostic, Report

__all__ = ["RULES", "Diagnostic", "Report", "check", "check_file", "check_paths"]


def check(module: cst.Module, *, path: str = "<program>") -> Report:
    """Type-check every kernel and function of a module.

    Args:
        module: the tree; it may hold one node in several places.
        path: what diagnostics call it.
    """
    program = Program(module).run()
    if program.found:
        # Built trees share nodes, which then have no position of their own: diagnose what is rendered.
        module = cst.parse_module(module.code)
        program = Program(module).run()
    return Report(_locate(program, module, path), program.locals, path, len(program.functions))


def check_file(path: str | Path) -> Report:
    """Type-check one Python file; one that does not parse gives one diagnostic.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        module = cst.parse_module(Path(path).read_bytes())
    except cst.ParserSyntaxError as error:
        fault = Diagnostic(
            str(path), error.raw_line, error.raw_column + 1, "syntax-error", error.message.splitlines()[0]
        )
        return Report((fault,), path=str(path))
    except (SyntaxError, UnicodeDecodeError) as error:  # the file's encoding is not what it says
        return Report((Diagnostic(str(path), 1, 1, "syntax-error", str(error)),), path=str(path))
    program = Program(module).run()
    return Report(_locate(program, module, str(path)), program.locals, str(path), len(program.functions))


def check_paths(paths: Iterable[str | Path]) -> list[Report]:
    """Type-check files, and every Python file in folders, in sorted order.

    Raises:
        OSError: a path does not exist or cannot be read.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        files.extend(sorted(path.rglob("*.py")) if path.is_dir() else [path])
    return [check_file(file) for file in files]


def _locate(program: Program, module: cst.Module, path: str) -> tuple[Diagnostic, ...]:
    if not program.found:
        return ()
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    found = []
    for node, rule, message in program.found:
        where = positions.get(node)
        line, column = (where.start.line, where.start.column + 1) if isinstance(where, CodeRange) else (1, 1)
        found.append(Diagnostic(path, line, column, rule, message))
    return tuple(sorted(found, key=lambda d: (d.line, d.column)))
