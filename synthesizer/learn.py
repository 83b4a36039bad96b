"""Fits a profile to kernels that people wrote. Their files are parsed; nothing is imported or run."""

from __future__ import annotations

import ast
import importlib.util
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import warp as wp

from warpsmith.errors import UsageError
from warpsmith.grammar import types
from warpsmith.grammar.profile import Profile, Tally
from warpsmith.grammar.types import Type
from warpsmith.synthesizer.profiling.read import Reader
from warpsmith.synthesizer.profiling.typing import PYTHON, Scope, annotated, spelled

KINDS = {"wp.kernel": "kernel", "wp.func": "func", "kernel": "kernel", "func": "func"}
"""Decorators, and what they make of a function."""


@dataclass(frozen=True)
class Learned:
    """A profile, and what it was fitted to.

    Attributes:
        profile: the figures.
        functions: how many kernels and functions were read.
        files: how many files had any.
        faulty: files that do not parse.
        passed_over: how many statements were passed over, by reason.
    """

    profile: Profile
    functions: int
    files: int
    faulty: tuple[str, ...]
    passed_over: dict[str, int]


def examples() -> Path:
    """The folder of the examples that the installed Warp brings."""
    found = importlib.util.find_spec("warp")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "examples"


def learn(paths: Iterable[Path]) -> Learned:
    """The profile of the kernels in files and folders.

    Raises:
        UsageError: a path does not exist, or there is no kernel in any.
    """
    tally, reasons = Tally(), Counter[str]()
    functions = files = 0
    faulty: list[str] = []
    for file in _files(paths):
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            faulty.append(str(file))
            continue
        count = _file(tree, tally, reasons)
        functions += count
        files += count > 0
    if not functions:
        why = f"; {len(faulty)} files are not valid Python: {faulty[0]}" if faulty else ""
        raise UsageError(f"no kernels or functions of Warp in {', '.join(map(str, paths))}{why}")
    return Learned(tally.profile(), functions, files, tuple(faulty), dict(reasons.most_common()))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _file(tree: ast.Module, tally: Tally, reasons: Counter[str]) -> int:
    """Counts the functions of one file; how many there are."""
    marked = [(f, kind) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and (kind := _kind(f))]
    constants = _constants(tree)
    for name, t in constants.items():
        tally.names.setdefault(f"constant {types.name(t)}", Counter())[name] += 1
    functions: dict[str, tuple[tuple[Type, ...], object]] = {}
    for function, kind in sorted(marked, key=lambda m: m[1]):  # functions before kernels: their results are known
        scope = Scope(dict(constants), dict.fromkeys(constants, "constant"), functions)
        reader = Reader(scope, kind, tally, reasons)
        tally.names.setdefault(kind, Counter())[function.name] += 1
        reader.read(function)
        if kind == "func":
            parameters = tuple(annotated(a.annotation) for a in function.args.args)
            if reader.results and len(reader.results) == 1 and None not in parameters:
                functions[function.name] = (parameters, reader.results[0])  # type: ignore[assignment]
    return len(marked)


def _kind(function: ast.FunctionDef) -> str:
    for d in function.decorator_list:
        found = KINDS.get(spelled(d.func if isinstance(d, ast.Call) else d), "")
        if found:
            return found
    return ""


def _constants(tree: ast.Module) -> dict[str, Type]:
    """Types of the file's own numbers, ``N = 16`` and ``N = wp.constant(16)``."""
    found: dict[str, Type] = {}
    for s in tree.body:
        if not isinstance(s, ast.Assign) or not isinstance(s.targets[0], ast.Name):
            continue
        value = s.value
        if isinstance(value, ast.Call) and spelled(value.func) == "wp.constant" and value.args:
            value = value.args[0]
        t = _number(value, found)
        if t is not None:
            found[s.targets[0].id] = t
    return found


def _number(value: ast.expr, known: dict[str, Type]) -> Type | None:
    """The type of a number that is written out, or computed of such ones as Python does."""
    if isinstance(value, ast.Constant):
        return PYTHON.get(type(value.value).__name__)
    if isinstance(value, ast.Name):
        return known.get(value.id)
    if isinstance(value, ast.UnaryOp):
        return _number(value.operand, known)
    if isinstance(value, ast.BinOp):
        parts = {_number(value.left, known), _number(value.right, known)}
        if not parts <= {wp.int32, wp.float32}:
            return None
        return PYTHON["float" if wp.float32 in parts or isinstance(value.op, ast.Div) else "int"]
    return None
