"""Programs of a profile compute something: outputs change with inputs, and operations with their operands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.likely import statements, writer
from warpsmith.grammar.likely.flow import FlowWriter
from warpsmith.grammar.likely.program import likely_program
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.profiling.kept import shipped

_COUNT = 60


def _programs() -> list[Program]:
    profile = shipped()
    return [likely_program(SeededChooser(f"varying {seed}"), profile) for seed in range(_COUNT)]


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return _programs()


def _functions(programs: list[Program]) -> Iterator[ast.FunctionDef]:
    for program in programs:
        yield from (n for n in ast.walk(ast.parse(program.source)) if isinstance(n, ast.FunctionDef))


def _constant(programs: list[Program]) -> int:
    """How many operations of programs with inputs have literals for operands, shifts and quotients apart."""
    operations = [
        n
        for f in _functions([p for p in programs if p.launch.arguments])
        for n in ast.walk(f)
        if isinstance(n, ast.BinOp)
    ]
    return sum(
        isinstance(n.left, ast.Constant)
        and isinstance(n.right, ast.Constant)
        and not isinstance(n.op, (ast.LShift, ast.Div))
        for n in operations
    )


def _without_inputs(programs: list[Program]) -> int:
    """How many programs that have arguments only have some that they write to."""
    return sum(all(a.written for a in p.launch.arguments) for p in programs if p.launch.arguments)


def _untouched(programs: list[Program]) -> int:
    """How many locals are there to be added to and never are."""
    found = 0
    for f in _functions(programs):
        started = {
            s.targets[0].id
            for s in f.body
            if isinstance(s, ast.Assign)
            and isinstance(s.targets[0], ast.Name)
            and ast.unparse(s.value) in ("float(0.0)", "int(0)", "wp.vec3()")
        }
        changed = [n.target if isinstance(n, ast.AugAssign) else n for n in ast.walk(f)]
        stored = [n.id for n in changed if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        parts = {ast.unparse(n).partition("[")[0].partition(".")[0] for n in changed if isinstance(n, ast.Subscript)}
        found += sum(stored.count(name) < 2 and name not in parts for name in started)
    return found


def _replaced(programs: list[Program]) -> int:
    """How many elements of arrays are stored to twice in a row, the second time without being read."""
    found = 0
    for f in _functions(programs):
        given = {a.arg for a in f.args.args}
        for a, b in pairwise(s for s in f.body if isinstance(s, ast.Assign)):
            target = ast.unparse(b.targets[0])
            of_array = isinstance(b.targets[0], ast.Subscript) and target.partition("[")[0] in given
            found += of_array and ast.unparse(a.targets[0]) == target and target not in ast.unparse(b.value)
    return found


@pytest.mark.parametrize(
    ("count", "most", "where", "name", "planted"),
    [
        (_constant, 1, writer, "operates", lambda _: False),
        (_without_inputs, 0, statements, "depends", lambda _: True),
        (_untouched, 4, FlowWriter, "added", lambda *_: []),
        (_replaced, 2, StoreWriter, "_again", lambda *_: False),
    ],
)
def test_programs_compute_something(
    programs: list[Program],
    monkeypatch: pytest.MonkeyPatch,
    count: Callable[[list[Program]], int],
    most: int,
    where: object,
    name: str,
    planted: Callable[..., object],
) -> None:
    assert count(programs) <= most
    monkeypatch.setattr(where, name, planted)
    assert count(_programs()) > most
