"""Synthesize well-typed NVIDIA Warp programs, and keep what Warp's compiler makes of them.

The public names, and the ``warpsmith`` command. Exit codes: 0 fine, 1 found something or could not finish, 2 wrong use,
and 128 plus the signal's number when stopped by one.

A name is imported when it is first asked for: most uses need few, and Warp alone takes half a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from warpsmith.errors import (
    CodegenError,
    CompileError,
    ConvergenceError,
    CorpusError,
    ExecutionError,
    IllTypedError,
    ProblemError,
    UsageError,
    WarpsmithError,
)

if TYPE_CHECKING:
    from warpsmith.command.cli import cli, main
    from warpsmith.corpus.generate import generate
    from warpsmith.corpus.stats import statistics
    from warpsmith.corpus.verify import verify
    from warpsmith.fem.integrands.strategies import integrands
    from warpsmith.grammar.program import Program
    from warpsmith.grammar.strategies import expressions, functions, kernels, statements, structs
    from warpsmith.ir import IR, Level, capture, capture_many, line_map, load, load_file
    from warpsmith.synthesizer.check import check
    from warpsmith.synthesizer.family import Family
    from warpsmith.tasks.table import TASKS, score
    from warpsmith.tasks.task import Instance, Score, Task

__version__ = "0.1.0"

__all__ = [
    "IR",
    "TASKS",
    "CodegenError",
    "CompileError",
    "ConvergenceError",
    "CorpusError",
    "ExecutionError",
    "Family",
    "IllTypedError",
    "Instance",
    "Level",
    "ProblemError",
    "Program",
    "Score",
    "Task",
    "UsageError",
    "WarpsmithError",
    "capture",
    "capture_many",
    "check",
    "cli",
    "expressions",
    "functions",
    "generate",
    "integrands",
    "kernels",
    "line_map",
    "load",
    "load_file",
    "main",
    "score",
    "statements",
    "statistics",
    "structs",
    "verify",
]

_NAMES = {
    "command.cli": ("cli", "main"),
    "corpus.generate": ("generate",),
    "corpus.stats": ("statistics",),
    "corpus.verify": ("verify",),
    "fem.integrands.strategies": ("integrands",),
    "grammar.program": ("Program",),
    "grammar.strategies": ("expressions", "functions", "kernels", "statements", "structs"),
    "ir": ("IR", "Level", "capture", "capture_many", "line_map", "load", "load_file"),
    "synthesizer.check": ("check",),
    "synthesizer.family": ("Family",),
    "tasks.table": ("TASKS", "score"),
    "tasks.task": ("Instance", "Score", "Task"),
}
"""What is imported at run time, by module: the names that type checkers see above."""
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"warpsmith.{_MODULES[name]}"), name)
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
