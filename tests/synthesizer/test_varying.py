"""Programs of a profile compute something: outputs change with inputs, and operations with their operands."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import warp as wp

from warpsmith.grammar import spell
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.likely import statements, writer
from warpsmith.grammar.likely.drawing import literal
from warpsmith.grammar.likely.flow import FlowWriter
from warpsmith.grammar.likely.program import likely_program
from warpsmith.grammar.likely.scope import Drawn, LocalName
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.likely.varying import PARTLY, VAGUELY, Varies, carried, vanishes
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.profiling.kept import shipped

_COUNT = 60
_INPUT = frozenset({LocalName("x", wp.float32, "param")})
_X = Drawn(spell.name("x"), wp.float32, "name:param", varies=_INPUT)
_COMPARED = replace(_X, type=wp.int32, varies=VAGUELY)
_DIRECTION = replace(_X, type=wp.vec3f, varies=_INPUT | PARTLY)
_ZERO, _ONE = literal("0.0", wp.float32), literal("1.0", wp.float32)


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


def _left(programs: list[Program]) -> int:
    """How many kernels may be over before anything is written, whatever the thread: where a test of inputs holds."""
    found = 0
    for f in _functions(programs):
        if not f.decorator_list or "kernel" not in ast.unparse(f.decorator_list[0]):
            continue
        threads = re.findall(
            r"\w+", "".join(ast.unparse(s.targets[0]) for s in f.body[:1] if "tid()" in ast.unparse(s))
        )
        for n, s in enumerate(f.body):
            if isinstance(s, ast.If) and any(isinstance(b[-1], ast.Return) for b in (s.body, s.orelse) if b):
                asked = {x.id for x in ast.walk(s.test) if isinstance(x, ast.Name)}
                found += not asked.intersection(threads) and not any(map(_writes, f.body[:n]))
                break
    return found


def _writes(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        return isinstance(target, (ast.Subscript, ast.Attribute)) or "atomic" in ast.unparse(statement)
    return isinstance(statement, ast.Expr)


@pytest.mark.parametrize(
    ("count", "most", "where", "name", "planted"),
    [
        (_constant, 1, writer, "operates", lambda _: False),
        (_without_inputs, 0, statements, "depends", lambda _: True),
        (_untouched, 4, FlowWriter, "added", lambda *_: []),
        (_replaced, 2, StoreWriter, "_again", lambda *_: False),
        (_left, 0, FlowWriter, "leaves", lambda *_: None),
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


@pytest.mark.parametrize(
    ("head", "t", "operands", "varies"),
    [
        ("bin:Mult", wp.float32, (_X, _ONE), _INPUT),
        ("bin:Mult", wp.float32, (_X, _ZERO), frozenset()),
        ("bin:Div", wp.float32, (_ZERO, _X), frozenset()),
        ("bin:Sub", wp.float32, (_ZERO, _X), _INPUT),
        ("call:wp.max", wp.float32, (_X, _ONE), _INPUT),
        ("call:wp.max", wp.int32, (_COMPARED, literal("1", wp.int32)), VAGUELY),
        ("call:len", wp.int32, (_DIRECTION,), frozenset()),
        ("call:wp.vec3", wp.vec3f, (_ZERO, _ONE, _X), _INPUT | PARTLY),
        ("call:wp.vec3", wp.vec3f, (_X, _X, _X), _INPUT),
        ("item:1", wp.float32, (_DIRECTION, literal("0", wp.int32)), VAGUELY),
    ],
)
def test_a_value_changes_with_what_shows_in_it(head: str, t: type, operands: tuple[Drawn, ...], varies: Varies) -> None:
    assert carried(head, t, operands) == varies


@pytest.mark.parametrize(
    ("head", "operands", "zero"),
    [
        ("call:wp.vec3", (), True),
        ("call:wp.vec3", (_ZERO, _ZERO, _ONE), False),
        ("call:float", (_ZERO,), True),
        ("bin:Add", (_ZERO, _X), False),
        ("bin:Mult", (_X, _ZERO), True),
        ("call:wp.cos", (_ZERO,), False),
    ],
)
def test_what_is_zero_whatever_the_inputs_are(head: str, operands: tuple[Drawn, ...], zero: bool) -> None:
    assert vanishes(head, operands) is zero
